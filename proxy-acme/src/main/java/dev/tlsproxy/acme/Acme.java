package dev.tlsproxy.acme;

import dev.tlsproxy.acme.internal.life.AcmeManager;
import dev.tlsproxy.acme.internal.life.DaemonThreads;
import dev.tlsproxy.acme.internal.life.LifeSettings;
import dev.tlsproxy.acme.internal.order.AcmeIssuer;
import dev.tlsproxy.acme.internal.order.CaSettings;
import dev.tlsproxy.acme.internal.order.CaSettings.ExternalAccount;
import dev.tlsproxy.acme.internal.order.Pause;
import dev.tlsproxy.acme.spi.ChallengeSolver;
import dev.tlsproxy.acme.spi.ChallengeType;
import dev.tlsproxy.acme.spi.KeyType;
import dev.tlsproxy.spi.CertificateManager;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Automatic certificates from CAs that speak ACME (RFC 8555), for {@code TlsProxyBuilder.acme}. Each method returns a new
 * value; one value serves one proxy, which starts and closes it.
 *
 * <p><b>Using this class accepts the CA's terms of service</b> on your behalf when an account is registered; where they
 * are is logged then.
 *
 * <p>A certificate is renewed when the CA says so (RFC 9773), else in the last third of its lifetime; a try that failed is
 * repeated later and later, for 30 days, at the CA's staging environment first where it has one. What is served goes on
 * being served meanwhile. Accounts, certificates and what was tried are kept in the proxy's store: keep the store.
 */
public final class Acme implements CertificateManager {

    private static final URI LETS_ENCRYPT = URI.create("https://acme-v02.api.letsencrypt.org/directory");
    private static final URI LETS_ENCRYPT_STAGING =
            URI.create("https://acme-staging-v02.api.letsencrypt.org/directory");

    private final CaSettings ca;
    private final List<Acme> fallbacks;
    private final Clock clock;
    private @Nullable CertificateManager running;
    private boolean used;

    private Acme(CaSettings ca, List<Acme> fallbacks, Clock clock) {
        this.ca = ca;
        this.fallbacks = List.copyOf(fallbacks);
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
     * Let's Encrypt's staging environment: limits that nobody meets, and certificates that nothing trusts.
     *
     * @return a value with defaults
     */
    public static Acme letsEncryptStaging() {
        return of(LETS_ENCRYPT_STAGING, Optional.empty());
    }

    /**
     * Any CA.
     *
     * @param directory the https URI of its directory (RFC 8555 section 7.1.1)
     * @return a value with defaults
     * @throws IllegalArgumentException when it is no such URI
     */
    public static Acme directory(URI directory) {
        Objects.requireNonNull(directory, "directory");
        if (!"https".equals(directory.getScheme())
                || directory.getHost() == null
                || directory.getRawUserInfo() != null
                || directory.getRawFragment() != null) {
            throw new IllegalArgumentException("directory: \"" + directory + "\" (expected: https://HOST[:PORT]/PATH)");
        }
        return of(directory, Optional.empty());
    }

    /**
     * Names a contact of the account. Let's Encrypt writes to none any more; other CAs may want one.
     *
     * @param email an address
     * @return a new value
     * @throws IllegalArgumentException when it is no address
     */
    public Acme email(String email) {
        Objects.requireNonNull(email, "email");
        if (!email.matches("[^@\\s,?<>]+@[^@\\s,?<>]+")) {
            throw new IllegalArgumentException("email: \"" + email + "\" (expected: NAME@DOMAIN)");
        }
        return with(draft -> draft.email = Optional.of(email));
    }

    /**
     * Binds the account to one that exists at the CA (RFC 8555 section 7.3.4).
     *
     * @param keyId the key's id, as the CA gave it
     * @param macKey the key, base64url; a secret
     * @return a new value
     * @throws IllegalArgumentException when one is empty or the key is not base64url
     */
    public Acme externalAccount(String keyId, String macKey) {
        if (keyId.isBlank()) {
            throw new IllegalArgumentException("keyId: empty (expected: the id that the CA gave with the key)");
        }
        if (!macKey.matches("[A-Za-z0-9_-]+=*")) {
            throw new IllegalArgumentException("macKey of \"" + keyId + "\" (expected: base64url, as the CA gave it)");
        }
        return with(draft -> draft.externalAccount = Optional.of(new ExternalAccount(keyId, macKey)));
    }

    /**
     * Trusts the CA certificates of a PEM file for the connections to the CA, beside the JVM's own: for a private CA.
     *
     * @param pem a file of one or more certificates
     * @return a new value
     * @throws IllegalArgumentException when it can't be read or has none
     */
    public Acme trust(Path pem) {
        return with(draft -> draft.trusted = TrustFile.read(pem));
    }

    /**
     * Chooses a certificate profile. Let's Encrypt has {@code classic}, {@code tlsserver} and {@code shortlived}.
     *
     * @param profile a profile of the CA
     * @return a new value
     * @throws IllegalArgumentException when empty
     */
    public Acme profile(String profile) {
        if (profile.isBlank()) {
            throw new IllegalArgumentException("profile: empty (expected: a profile of the CA, such as \"tlsserver\")");
        }
        return with(draft -> draft.profile = Optional.of(profile));
    }

    /**
     * Chooses the kind of the certificates' keys. Each certificate has a new one.
     *
     * @param keyType default {@link KeyType#EC_P256}
     * @return a new value
     */
    public Acme keyType(KeyType keyType) {
        return with(draft -> draft.keyType = Objects.requireNonNull(keyType, "keyType"));
    }

    /**
     * Prefers, of the chains that the CA offers, the one whose topmost certificate was issued by this name.
     *
     * @param issuer a common name, such as {@code ISRG Root X1}; where no chain has it, the CA's first is taken
     * @return a new value
     * @throws IllegalArgumentException when empty
     */
    public Acme preferredChain(String issuer) {
        if (issuer.isBlank()) {
            throw new IllegalArgumentException("preferredChain: empty (expected: the common name of an issuer)");
        }
        return with(draft -> draft.preferredChain = Optional.of(issuer));
    }

    /**
     * Restricts the challenge types. By default {@code tls-alpn-01} and {@code http-01}, whichever works, and
     * {@code dns-01} where {@link #dns} was called.
     *
     * @param types at least one
     * @return a new value
     * @throws IllegalArgumentException when there is none
     * @throws IllegalStateException when {@code dns-01} is among them and {@link #dns} was not called before
     */
    public Acme challenges(ChallengeType... types) {
        if (types.length == 0) {
            throw new IllegalArgumentException("challenges: none (expected: at least one type)");
        }
        Set<ChallengeType> chosen = EnumSet.copyOf(List.of(types));
        if (chosen.contains(ChallengeType.DNS_01) && ca.dns().isEmpty()) {
            throw new IllegalStateException("challenges(dns-01) without a solver; call dns(...) before");
        }
        return with(draft -> draft.challenges = chosen);
    }

    /**
     * Allows {@code dns-01}, which wildcards need.
     *
     * @param solver puts the answers into the DNS: {@link Rfc2136Solver}, {@link ProgramSolver} or your own
     * @return a new value
     */
    public Acme dns(ChallengeSolver solver) {
        Set<ChallengeType> chosen = EnumSet.copyOf(ca.challenges());
        chosen.add(ChallengeType.DNS_01);
        return with(draft -> {
            draft.challenges = chosen;
            draft.dns = Optional.of(Objects.requireNonNull(solver, "solver"));
        });
    }

    /**
     * Asks another CA where this one, and those named before, can't issue now.
     *
     * @param next a value with one CA
     * @return a new value
     * @throws IllegalStateException when that CA is here already
     */
    public Acme or(Acme next) {
        List<Acme> all = new ArrayList<>(fallbacks);
        all.add(next);
        boolean known = next.ca.directory().equals(ca.directory())
                || fallbacks.stream().anyMatch(one -> one.ca.directory().equals(next.ca.directory()));
        if (known) {
            throw new IllegalStateException("CA " + next.ca.directory() + " is here already");
        }
        return new Acme(ca, all, clock);
    }

    /**
     * Sets the clock by which certificates are renewed.
     *
     * @param clock default the system's
     * @return a new value
     */
    public Acme clock(Clock clock) {
        return new Acme(ca, fallbacks, Objects.requireNonNull(clock, "clock"));
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalStateException when it was started before, or a wildcard is among the names and {@link #dns} was not
     *     called
     */
    @Override
    public synchronized void start(Context context) {
        if (used) {
            throw new IllegalStateException(this + " serves a proxy already (expected: one value for each proxy)");
        }
        requireDnsForWildcards(context.names());
        used = true;
        SecureRandom random = new SecureRandom();
        List<AcmeIssuer> issuers = cas().stream()
                .map(one -> new AcmeIssuer(one, context.store(), context.challenges(), clock, Pause.SLEEP, random))
                .toList();
        running = new AcmeManager(issuers, clock, random, new DaemonThreads(), LifeSettings.DEFAULTS);
        running.start(context);
    }

    @Override
    public synchronized void close() {
        if (running != null) {
            running.close();
        }
    }

    /** The CAs, without secrets. */
    @Override
    public String toString() {
        return "Acme[" + ca.directory()
                + fallbacks.stream().map(next -> " or " + next.ca.directory()).collect(Collectors.joining()) + "]";
    }

    private List<CaSettings> cas() {
        List<CaSettings> all = new ArrayList<>(List.of(ca));
        fallbacks.forEach(next -> all.add(next.ca));
        return all;
    }

    private void requireDnsForWildcards(Set<String> names) {
        for (String name : names) {
            if (name.startsWith("*.")) {
                for (CaSettings one : cas()) {
                    if (one.dns().isEmpty() || !one.challenges().contains(ChallengeType.DNS_01)) {
                        throw new IllegalStateException("wildcard \"" + name + "\" needs dns-01 at " + one.directory()
                                + "; call dns(...), or name the hosts one by one");
                    }
                }
            }
        }
    }

    private static Acme of(URI directory, Optional<URI> staging) {
        CaDraft draft = new CaDraft(directory, staging);
        return new Acme(draft.settings(), List.of(), Clock.systemUTC());
    }

    private Acme with(Consumer<CaDraft> change) {
        CaDraft draft = new CaDraft(ca);
        change.accept(draft);
        return new Acme(draft.settings(), fallbacks, clock);
    }
}
