package dev.tlsproxy.internal.tls;

import java.util.Optional;

/**
 * What the server offers in a handshake.
 *
 * @param tls12 whether TLS 1.2 is offered beside TLS 1.3
 * @param requirePostQuantum whether only X25519MLKEM768 is accepted (TLS 1.3 only)
 * @param preferPostQuantum whether a client that supports X25519MLKEM768 but sent a share for another group is asked
 *     again (HelloRetryRequest)
 * @param defaultName the name whose certificate is shown where the client names none or an unknown one, in normal form;
 *     empty to refuse such a handshake
 */
public record TlsConfig(
        boolean tls12, boolean requirePostQuantum, boolean preferPostQuantum, Optional<String> defaultName) {}
