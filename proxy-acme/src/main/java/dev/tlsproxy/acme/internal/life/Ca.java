package dev.tlsproxy.acme.internal.life;

import dev.tlsproxy.acme.internal.life.Ledger.Refusal;
import dev.tlsproxy.acme.internal.order.IssueException;
import dev.tlsproxy.acme.internal.order.Issuer;
import dev.tlsproxy.acme.internal.order.RenewalWindow;
import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.CertifiedKey;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;

/** One CA with what we keep about it, shared by all names. Safe for use by several threads. */
final class Ca {

    private static final Duration WAIT_FOR_SCOUT = Duration.ofSeconds(10);

    private final Issuer issuer;
    private final Ledger ledger;
    private final OwnRate rate;
    private final RandomGenerator random;
    private final AtomicReference<Outage> windows = new AtomicReference<>(Outage.NONE);
    private final AtomicReference<String> scout = new AtomicReference<>("");

    Ca(Issuer issuer, LifeSettings settings, CertificateStore store, RandomGenerator random) {
        this.issuer = issuer;
        this.ledger = new Ledger(issuer.id(), settings.limits().get(issuer.id()), store, random);
        this.rate = new OwnRate(settings.ownRate());
        this.random = random;
    }

    String id() {
        return issuer.id();
    }

    Optional<Issuer> staging() {
        return issuer.staging();
    }

    /** Why this name can't be ordered here now; while the CA may still be down, one name at a time goes ahead as a scout. */
    Optional<Refusal> refusal(String name, boolean renewal, Instant now) {
        Optional<Refusal> refusal = ledger.refusal(name, renewal, now);
        if (refusal.isEmpty() && ledger.isHalfOpen(now) && !scout.compareAndSet("", name)) {
            return Optional.of(new Refusal(
                    now.plus(WAIT_FOR_SCOUT),
                    name + ": " + id() + " could not be used for several names; waits for " + scout.get()
                            + ", which is asking again"));
        }
        return refusal;
    }

    /** As {@link #refusal}, without becoming the scout. */
    Optional<Refusal> refusalAtSight(String name, boolean renewal, Instant now) {
        return ledger.refusal(name, renewal, now);
    }

    /** When our own rate has a place; empty where it has one now. */
    Optional<Instant> whenFree(Instant now) {
        return rate.whenFree(now);
    }

    /** A place in our own rate, or when there is one. */
    Optional<Instant> tryTake(String name, Instant now) {
        Optional<Instant> later = rate.tryTake(now);
        if (later.isPresent()) {
            endOfScout(name);
        }
        return later;
    }

    /** One order; what comes of it is in the ledger afterwards. */
    CertifiedKey order(String name, Optional<X509Certificate> replaces, Instant now, Clock clock)
            throws IssueException, InterruptedException {
        boolean renewal = replaces.isPresent();
        ledger.begun(name, renewal, now);
        try {
            CertifiedKey key = issue(issuer, name, replaces);
            ledger.issued();
            return key;
        } catch (IssueException e) {
            ledger.failed(name, renewal, e.kind(), clock.instant());
            throw e;
        } finally {
            endOfScout(name);
        }
    }

    /** An order whose certificate is not used. */
    void rehearse(Issuer staging, String name) throws IssueException, InterruptedException {
        issue(staging, name, Optional.empty());
    }

    /** Asks for the renewal window; empty where the CA has none, or is not worth asking now. */
    Optional<RenewalWindow> window(String name, X509Certificate leaf, Instant now)
            throws IssueException, InterruptedException {
        try {
            Optional<RenewalWindow> window = issuer.renewalWindow(leaf);
            windows.set(Outage.NONE);
            return window;
        } catch (IssueException e) {
            windows.updateAndGet(old -> old.failed(name, now, random));
            throw e;
        }
    }

    boolean windowsAreDown(Instant now) {
        return windows.get().isOpen(now);
    }

    void endOfScout(String name) {
        scout.compareAndSet(name, "");
    }

    private static CertifiedKey issue(Issuer issuer, String name, Optional<X509Certificate> replaces)
            throws IssueException, InterruptedException {
        try {
            CertifiedKey key = issuer.issue(name, replaces);
            if (!key.names().contains(name) && !name.contains(":")) {
                throw new IssueException(
                        IssueException.Kind.CA_UNAVAILABLE,
                        name + ": the certificate of " + issuer.id() + " is for " + key.names() + "; it is not used",
                        Optional.empty(),
                        null);
            }
            return key;
        } catch (RuntimeException e) {
            throw new IssueException(
                    IssueException.Kind.CA_UNAVAILABLE,
                    name + ": the order at " + issuer.id() + " broke off with " + e
                            + "; this is a defect, please report it",
                    Optional.empty(),
                    e);
        }
    }
}
