package dev.tlsproxy.spi;

import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * What the TLS handshake of one client connection agreed on.
 *
 * @param protocol the protocol version under its JSSE name: {@code TLSv1.3} or {@code TLSv1.2}
 * @param group the named group of the key exchange under its IANA name, such as {@code X25519MLKEM768}, {@code x25519}
 *     or {@code secp256r1}; empty where none was used (a resumed TLS 1.2 session)
 * @param cipherSuite the cipher suite under its IANA name, such as {@code TLS_AES_128_GCM_SHA256}
 * @param applicationProtocol the protocol chosen by ALPN (RFC 7301): {@code h2} or {@code http/1.1}; empty where the
 *     client offered none
 * @param serverName the host name of the client's server_name extension (RFC 6066 section 3), in lower case and without
 *     trailing dot; empty where the client sent none
 */
public record NegotiatedTls(
        String protocol,
        Optional<String> group,
        String cipherSuite,
        Optional<String> applicationProtocol,
        Optional<String> serverName) {

    private static final Set<String> HYBRID_GROUPS =
            Set.of("X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024");

    /** Checks that no part is null. */
    public NegotiatedTls {
        Objects.requireNonNull(protocol, "protocol");
        Objects.requireNonNull(group, "group");
        Objects.requireNonNull(cipherSuite, "cipherSuite");
        Objects.requireNonNull(applicationProtocol, "applicationProtocol");
        Objects.requireNonNull(serverName, "serverName");
    }

    /**
     * Tells whether the key exchange resists a quantum computer, which is so for the hybrid groups with ML-KEM.
     *
     * @return true for a hybrid group
     */
    public boolean postQuantum() {
        return group.isPresent() && HYBRID_GROUPS.contains(group.get());
    }
}
