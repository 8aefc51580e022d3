package dev.tlsproxy;

import dev.tlsproxy.internal.names.HostName;
import dev.tlsproxy.internal.tls.TlsConfig;
import java.util.Objects;
import java.util.Optional;

/**
 * What the proxy offers and accepts in a TLS handshake. Immutable: each method returns a new policy.
 *
 * <p>Always: TLS 1.3 suites and ECDHE with AEAD only; groups X25519MLKEM768, x25519, secp256r1, secp384r1 in this order
 * of preference, among those for which the client sent a key share; no client certificates.
 */
public final class TlsPolicy {

    private final boolean tls12;
    private final boolean requirePostQuantum;
    private final boolean preferPostQuantum;
    private final Optional<String> defaultName;

    private TlsPolicy(
            boolean tls12, boolean requirePostQuantum, boolean preferPostQuantum, Optional<String> defaultName) {
        this.tls12 = tls12;
        this.requirePostQuantum = requirePostQuantum;
        this.preferPostQuantum = preferPostQuantum;
        this.defaultName = defaultName;
    }

    /**
     * TLS 1.3 and TLS 1.2. BitTorrent clients with an old TLS library need the latter.
     *
     * @return the default policy
     */
    public static TlsPolicy defaults() {
        return new TlsPolicy(true, false, false, Optional.empty());
    }

    /**
     * TLS 1.3 only.
     *
     * @return the policy
     */
    public static TlsPolicy tls13Only() {
        return new TlsPolicy(false, false, false, Optional.empty());
    }

    /**
     * Refuses every handshake that does not use X25519MLKEM768, and so every TLS 1.2 one.
     *
     * @return a new policy
     */
    public TlsPolicy requirePostQuantum() {
        return new TlsPolicy(false, true, preferPostQuantum, defaultName);
    }

    /**
     * Asks a client again (HelloRetryRequest, one more round trip) that supports X25519MLKEM768 but sent a key share for
     * another group only. By default the share that came is taken.
     *
     * @return a new policy
     */
    public TlsPolicy preferPostQuantum() {
        return new TlsPolicy(tls12, requirePostQuantum, true, defaultName);
    }

    /**
     * Shows the certificate of one name to clients that name no host or an unknown one. By default such a handshake is
     * refused (alert unrecognized_name, RFC 6066 section 3). Requests for a host that the certificate does not cover get
     * 421 all the same.
     *
     * @param host a host that has a route
     * @return a new policy
     * @throws IllegalArgumentException when it is no host name
     */
    public TlsPolicy defaultName(String host) {
        Objects.requireNonNull(host, "host");
        String name = HostName.normalize(host)
                .orElseThrow(() -> new IllegalArgumentException(
                        "defaultName: \"" + host + "\" (expected: a host name or IP address)"));
        return new TlsPolicy(tls12, requirePostQuantum, preferPostQuantum, Optional.of(name));
    }

    TlsConfig toConfig() {
        return new TlsConfig(tls12, requirePostQuantum, preferPostQuantum, defaultName);
    }

    Optional<String> defaultName() {
        return defaultName;
    }

    @Override
    public String toString() {
        return "TlsPolicy[" + (tls12 ? "TLSv1.3, TLSv1.2" : "TLSv1.3")
                + (requirePostQuantum ? ", post-quantum required" : preferPostQuantum ? ", post-quantum preferred" : "")
                + defaultName.map(name -> ", default name " + name).orElse("") + "]";
    }
}
