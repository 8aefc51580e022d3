package dev.tlsproxy.acme;

import dev.tlsproxy.acme.internal.life.AcmeManager;
import dev.tlsproxy.acme.internal.order.CaSettings;
import dev.tlsproxy.acme.spi.ChallengeSolver;
import dev.tlsproxy.acme.spi.ChallengeType;
import dev.tlsproxy.acme.spi.KeyType;
import dev.tlsproxy.spi.CertificateManager;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Automatic certificates from CAs that speak ACME (RFC 8555), for {@code TlsProxyBuilder.acme}. Immutable but for
 * {@link #start} and {@link #close}, which the proxy calls: each method returns a new value, and one value serves one
 * proxy.
 *
 * <p><b>Using this class accepts the CA's terms of service</b> on your behalf when an account is registered; where they
 * are is logged then.
 */
public final class Acme implements CertificateManager {

    private static final URI LETS_ENCRYPT = URI.create("https://acme-v02.api.letsencrypt.org/directory");
    private static final URI LETS_ENCRYPT_STAGING =
            URI.create("https://acme-staging-v02.api.letsencrypt.org/directory");

    private final List<CaSettings> cas;
    private final Clock clock;
    private @Nullable AcmeManager manager;
    private boolean closed;

    private Acme(List<CaSettings> cas, Clock clock) {
        this.cas = List.copyOf(cas);
        this.clock = clock;
    }

    /**
     * Let's Encrypt. An order that failed is tried at its staging environment before it is tried there again.
     *
     * @return a value with defaults
     */
    public static Acme letsEncrypt() {
        return of(LETS_ENCRYPT, Optional.of(LETS_ENCRYPT_STAGING));
    }

    /**
     * Let's Encrypt's staging environment: no limits to speak of, and certificates that nothing trusts.
     *
     * @return a value with defaults
     */
    public static Acme letsEncryptStaging() {
        return of(LETS_ENCRYPT_STAGING, Optional.empty());
    }

    /**
     * Any CA.
     *
     * @param directory the https URI of its directory; http is allowed on loopback addresses only
     * @return a value with defaults
     * @throws IllegalArgumentException when it is no such URI
     */
    public static Acme directory(URI directory) {
        Objects.requireNonNull(directory, "directory");
        if (!"https".equals(directory.getScheme()) || directory.getHost() == null) {
            throw new IllegalArgumentException("directory: \"" + directory + "\" (expected: https://HOST[:PORT]/PATH)");
        }
        return of(directory, Optional.empty());
    }

    private static Acme of(URI directory, Optional<URI> staging) {
        return new Acme(
                List.of(new CaSettings(
                        directory,
                        staging,
                        Optional.empty(),
                        Optional.empty(),
                        List.of(),
                        Optional.empty(),
                        KeyType.EC_P256,
                        Optional.empty(),
                        EnumSet.of(ChallengeType.TLS_ALPN_01, ChallengeType.HTTP_01),
                        Optional.empty())),
                Clock.systemUTC());
    }

    /** Stub. @param email stub @return stub */
    public Acme email(String email) {
        return this;
    }

    /** Stub. @param pem stub @return stub */
    public Acme trust(Path pem) {
        return this;
    }

    /** Stub. @param profile stub @return stub */
    public Acme profile(String profile) {
        return this;
    }

    /** Stub. @param type stub @return stub */
    public Acme keyType(KeyType type) {
        return this;
    }

    /** Stub. @param issuer stub @return stub */
    public Acme preferredChain(String issuer) {
        return this;
    }

    /** Stub. @param keyId stub @param macKey stub @return stub */
    public Acme externalAccount(String keyId, String macKey) {
        return this;
    }

    /** Stub. @param solver stub @return stub */
    public Acme dns(ChallengeSolver solver) {
        return this;
    }

    /** Stub. @param types stub @return stub */
    public Acme challenges(ChallengeType... types) {
        return this;
    }

    /** Stub. @param next stub @return stub */
    public Acme or(Acme next) {
        return this;
    }

    /** Stub. @param decision stub @param perHour stub @return stub */
    public Acme onDemand(Predicate<String> decision, int perHour) {
        return this;
    }

    @Override
    public void start(Context context) {
        throw new UnsupportedOperationException("being written");
    }

    @Override
    public void close() {}
}
