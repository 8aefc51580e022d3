package dev.tlsproxy.acme.internal.life;

import dev.tlsproxy.acme.internal.life.LedgerState.Entry;
import dev.tlsproxy.acme.internal.life.LifeSettings.CaLimits;
import dev.tlsproxy.acme.internal.life.LifeSettings.Limit;
import dev.tlsproxy.acme.internal.order.IssueException;
import dev.tlsproxy.spi.CertificateStore;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was asked of one CA by this account, in the store under {@code acme/CA/ledger.properties}: refuses an order that would
 * hit the CA's published limits, or that would ask a CA that is down. Safe for use by several threads. Proxies that share the
 * store share it; two that write in the same instant may lose an entry, and then it is the CA that refuses.
 */
final class Ledger {

    private static final Logger LOG = LoggerFactory.getLogger(Ledger.class);

    /** The document has whole seconds, cut off: an entry of it may be that much younger than it says. */
    private static final Duration DOCUMENT_PRECISION = Duration.ofSeconds(1);

    private final String ca;
    private final Optional<CaLimits> limits;
    private final CertificateStore store;
    private final RandomGenerator random;
    private LedgerState state = LedgerState.EMPTY;
    private byte[] parsed = {};
    private boolean warned;

    Ledger(String ca, @Nullable CaLimits limits, CertificateStore store, RandomGenerator random) {
        this.ca = ca;
        this.limits = Optional.ofNullable(limits);
        this.store = store;
        this.random = random;
    }

    /** Why an order can't be begun now, and when it can. */
    record Refusal(Instant until, String sentence) {}

    /**
     * Asks for leave to order.
     *
     * @param renewal whether the order will name the certificate it replaces
     */
    synchronized Optional<Refusal> refusal(String name, boolean renewal, Instant now) {
        LedgerState present = present();
        if (present.outage().isOpen(now)) {
            return Optional.of(new Refusal(
                    present.outage().until(),
                    name + ": " + ca + " could not be used for several names; asked again at "
                            + present.outage().until()));
        }
        if (limits.isEmpty()) {
            return Optional.empty();
        }
        CaLimits most = limits.get();
        String domain = RegisteredDomain.of(name);
        Optional<Refusal> failures = full(
                present.failures(),
                most.failedValidations(),
                now,
                sameName(name),
                name,
                "failed validations of this name");
        if (failures.isPresent() || renewal) {
            return failures;
        }
        return full(present.orders(), most.orders(), now, entry -> true, name, "orders of this account")
                .or(() -> full(
                        present.certificates(),
                        most.perDomain(),
                        now,
                        entry -> RegisteredDomain.of(entry.name()).equals(domain),
                        name,
                        "certificates for " + domain))
                .or(() -> full(
                        present.certificates(),
                        most.perSet(),
                        now,
                        sameName(name),
                        name,
                        "certificates for just this name"));
    }

    synchronized boolean isHalfOpen(Instant now) {
        return present().outage().isHalfOpen(now);
    }

    /** An order is begun: written before the CA is asked, so that a crash counts. */
    synchronized void begun(String name, boolean renewal, Instant now) {
        if (limits.isPresent() && !renewal) {
            CaLimits most = limits.get();
            change(old -> old.withOrders(LedgerState.add(old.orders(), name, now, window(most.orders())))
                    .withCertificates(LedgerState.add(old.certificates(), name, now, window(most.perDomain()))));
        }
    }

    synchronized void issued() {
        if (!present().outage().equals(Outage.NONE)) {
            change(old -> old.withOutage(Outage.NONE));
        }
    }

    synchronized void failed(String name, boolean renewal, IssueException.Kind kind, Instant now) {
        if (limits.isPresent() && !renewal) {
            change(old -> old.withCertificates(LedgerState.removeLast(old.certificates(), name)));
        }
        if (kind == IssueException.Kind.CA_UNAVAILABLE) {
            change(old -> old.withOutage(old.outage().failed(name, now, random)));
            return;
        }
        issued();
        if (kind == IssueException.Kind.NOT_VALIDATED && limits.isPresent()) {
            change(old -> old.withFailures(LedgerState.add(
                    old.failures(), name, now, window(limits.get().failedValidations()))));
        }
    }

    private static Predicate<Entry> sameName(String name) {
        return entry -> entry.name().equals(name);
    }

    private Optional<Refusal> full(
            List<Entry> entries, Limit limit, Instant now, Predicate<Entry> which, String name, String what) {
        Duration within = window(limit);
        List<Entry> counting = LedgerState.within(entries, now, within, which);
        if (counting.size() < limit.count()) {
            return Optional.empty();
        }
        Instant until = counting.get(counting.size() - limit.count()).at().plus(within);
        return Optional.of(new Refusal(
                until,
                name + ": not ordered, as " + ca + " allows " + limit.count() + " " + what + " in " + limit.within()
                        + " and so many were made; possible at " + until));
    }

    private static Duration window(Limit limit) {
        return limit.within().plus(DOCUMENT_PRECISION);
    }

    private void change(UnaryOperator<LedgerState> how) {
        LedgerState old = present();
        state = how.apply(old);
        if (state.equals(old)) {
            return;
        }
        try {
            store.write(document(), state.toText());
            warned = false;
        } catch (IOException e) {
            warn("can't be written; what is asked of the CA is known in this run only", e);
        }
    }

    /** What the store has, as another process may have written it; what we know where it can't be read or was not kept. */
    private LedgerState present() {
        if (warned) {
            return state;
        }
        try {
            Optional<byte[]> content = store.read(document());
            if (content.isPresent() && !Arrays.equals(content.get(), parsed)) {
                state = LedgerState.fromText(content.get());
                parsed = content.get();
            }
        } catch (IOException | IllegalArgumentException e) {
            warn("can't be read; what was asked of the CA before is not known", e);
        }
        return state;
    }

    private void warn(String what, Exception e) {
        if (!warned) {
            warned = true;
            LOG.warn("{} in {} {}: {}", document(), store, what, e.getMessage());
        }
    }

    private String document() {
        return "acme/" + ca + "/ledger.properties";
    }
}
