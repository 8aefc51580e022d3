package dev.tlsproxy.acme;

import dev.tlsproxy.acme.internal.life.AcmeManager;
import dev.tlsproxy.acme.internal.life.DaemonThreads;
import dev.tlsproxy.acme.internal.life.LifeSettings;
import dev.tlsproxy.acme.internal.life.OnDemandSettings;
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
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Predicate;
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
    private final Optional<OnDemandSettings> onDemand;
    private volatile @Nullable CertificateManager running;
    private boolean used;

    private Acme(CaSettings ca, List<Acme> fallbacks, Clock clock, Optional<OnDemandSettings> onDemand) {
        this.ca = ca;
        this.fallbacks = List.copyOf(fallbacks);
        this.clock = clock;
        this.onDemand = onDemand;
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
     * @throws IllegalStateException when that CA is here already, or {@link #onDemand} was called on it
     */
    public Acme or(Acme next) {
        List<Acme> all = new ArrayList<>(fallbacks);
        all.add(next);
        boolean known = next.ca.directory().equals(ca.directory())
                || fallbacks.stream().anyMatch(one -> one.ca.directory().equals(next.ca.directory()));
        if (known) {
            throw new IllegalStateException("CA " + next.ca.directory() + " is here already");
        }
        if (next.onDemand.isPresent()) {
            throw new IllegalStateException("onDemand(...) of " + next + " (expected: called on the first CA's value)");
        }
        return new Acme(ca, all, clock, onDemand);
    }

    /**
     * Gets certificates for names that only a client's first handshake tells: where a wildcard or the default route
     * ({@code *}) would serve the name, no certificate covers it, and {@code allowed} says so. For sites whose customers
     * point names of their own at the proxy.
     *
     * <p>That handshake waits for the certificate, 30 s at most, or the proxy's handshake time-out where that is longer; a
     * client for which none has come by then gets the alert {@code unrecognized_name}, and finds it at its next try. So
     * does every client that is refused.
     *
     * <p>A refusal is remembered for a minute, of up to 10,000 names; up to 1,000 names wait for their certificates at once,
     * and a run of the proxy keeps up to 10,000. What was obtained is kept in the store: after a restart it is served at
     * the first handshake, without an order, when {@code allowed} still says so. It is renewed as others are, if
     * {@code allowed} says so again and a client has used it in the last 30 days; use later on renews it again. Where the
     * function throws, new names are refused and those that are served are renewed.
     *
     * @param allowed decides on a host name in lower case, by whatever you know of your customers. Called on up to 4 daemon
     *     threads of the proxy at a time; may block, for a few seconds at most, as a client waits
     * @param perHour how many new names may be ordered in any hour, 1..1000, over all names and restarts; further ones are
     *     refused, and the log says so once an hour. Renewals and what the store has do not count
     * @return a new value
     * @throws IllegalArgumentException when out of range
     */
    public Acme onDemand(Predicate<String> allowed, int perHour) {
        Objects.requireNonNull(allowed, "allowed");
        return new Acme(ca, fallbacks, clock, Optional.of(new OnDemandSettings(allowed, perHour)));
    }

    /**
     * Sets the clock by which certificates are renewed.
     *
     * @param clock default the system's
     * @return a new value
     */
    public Acme clock(Clock clock) {
        return new Acme(ca, fallbacks, Objects.requireNonNull(clock, "clock"), onDemand);
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
        CertificateManager manager =
                new AcmeManager(issuers, clock, random, new DaemonThreads(), LifeSettings.DEFAULTS, onDemand);
        running = manager;
        manager.start(context);
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalStateException when it was not started, or a wildcard is among the names and {@link #dns} was not
     *     called; nothing is changed then
     */
    @Override
    public synchronized void names(Set<String> names) {
        CertificateManager manager = running;
        if (manager == null) {
            throw new IllegalStateException(this + " was not started (expected: names(...) of a proxy that runs)");
        }
        requireDnsForWildcards(names);
        manager.names(names);
    }

    @Override
    public boolean servesOnDemand() {
        return onDemand.isPresent();
    }

    @Override
    public Optional<CompletionStage<Boolean>> demand(String serverName) {
        CertificateManager manager = running;
        return manager == null ? Optional.empty() : manager.demand(serverName);
    }

    @Override
    public void used(String serverName) {
        CertificateManager manager = running;
        if (manager != null) {
            manager.used(serverName);
        }
    }

    @Override
    public synchronized void close() {
        CertificateManager manager = running;
        if (manager != null) {
            manager.close();
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
        return new Acme(draft.settings(), List.of(), Clock.systemUTC(), Optional.empty());
    }

    private Acme with(Consumer<CaDraft> change) {
        CaDraft draft = new CaDraft(ca);
        change.accept(draft);
        return new Acme(draft.settings(), fallbacks, clock, onDemand);
    }
}
