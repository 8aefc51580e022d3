package dev.tlsproxy.acme.internal.life;

import dev.tlsproxy.acme.internal.life.Ledger.Refusal;
import dev.tlsproxy.acme.internal.life.NameRecord.Trouble;
import dev.tlsproxy.acme.internal.order.IssueException;
import dev.tlsproxy.acme.internal.order.IssueException.Kind;
import dev.tlsproxy.acme.internal.order.Issuer;
import dev.tlsproxy.spi.CertifiedKey;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One try to get a certificate for a name: the CAs in order, until one issues. Lives as long as its name; one thread at a time. */
final class OrderTry {

    private static final Logger LOG = LoggerFactory.getLogger(OrderTry.class);
    private static final Duration AFTER_FIRST_CRASH = Duration.ofSeconds(10);
    private static final String UNDER_WAY =
            "an order is under way in another process, or did not come to its end as its process died";

    private final String name;
    private final List<Ca> cas;
    private final Clock clock;
    private final RandomGenerator random;
    private final Set<String> forGood = new HashSet<>();

    OrderTry(String name, List<Ca> cas, Clock clock, RandomGenerator random) {
        this.name = name;
        this.cas = cas;
        this.clock = clock;
        this.random = random;
    }

    /** Whether a process has begun an order of which no end is known. */
    static boolean mayBeUnderWay(NameRecord record) {
        return record.trouble()
                .filter(trouble -> trouble.problem().equals(UNDER_WAY))
                .isPresent();
    }

    /** What came of it. */
    sealed interface Result {}

    /** A certificate. */
    record Issued(CertifiedKey key, String ca) implements Result {}

    /** No CA could be asked; nothing is held against the name. The sentence is empty where our own rate is the reason. */
    record NotAsked(Instant until, String sentence) implements Result {}

    /** The CAs that were asked refused. */
    record Failed(Trouble trouble) implements Result {}

    /** A CA that did not issue: when it may be asked again, why not, and of what kind that is where it was asked. */
    private record Refused(Instant until, String sentence, Optional<Kind> kind) {}

    /** Every CA has said that it will never sign this name. */
    boolean isForGood() {
        return cas.stream().allMatch(ca -> forGood.contains(ca.id()));
    }

    /** Why a try would ask no CA now, found out without cost: many names may wait for one CA. */
    Optional<NotAsked> notNow(NameRecord before, Optional<X509Certificate> leaf) {
        Instant now = clock.instant();
        List<Refused> refused = new ArrayList<>();
        for (Ca ca : cas) {
            if (forGood.contains(ca.id())) {
                continue;
            }
            Optional<Refusal> refusal =
                    ca.refusalAtSight(name, replaces(before, leaf, ca).isPresent(), now);
            if (refusal.isEmpty()) {
                return ca.whenFree(now).map(later -> new NotAsked(later, ""));
            }
            refused.add(new Refused(refusal.get().until(), refusal.get().sentence(), Optional.empty()));
        }
        return Optional.of(notAsked(refused));
    }

    /**
     * Tries.
     *
     * @param before what is known of the name
     * @param leaf the certificate the order is to replace
     * @param charge is given, before the first CA is asked, what is to be known should this process die meanwhile
     */
    Result run(NameRecord before, Optional<X509Certificate> leaf, Consumer<Trouble> charge)
            throws InterruptedException {
        List<Refused> refused = new ArrayList<>();
        Set<String> stagingFirst =
                new HashSet<>(before.trouble().map(Trouble::stagingFirst).orElse(Set.of()));
        boolean charged = false;
        for (Ca ca : cas) {
            if (forGood.contains(ca.id())) {
                continue;
            }
            Instant now = clock.instant();
            Optional<X509Certificate> replaces = replaces(before, leaf, ca);
            try {
                Optional<Refusal> refusal = ca.refusal(name, replaces.isPresent(), now);
                if (refusal.isPresent()) {
                    refused.add(new Refused(refusal.get().until(), refusal.get().sentence(), Optional.empty()));
                    continue;
                }
                Optional<Instant> later = ca.tryTake(name, now);
                if (later.isPresent()) {
                    if (!charged) {
                        return new NotAsked(later.get(), "");
                    }
                    continue;
                }
                if (!charged) {
                    charge.accept(crashed(before, now));
                    charged = true;
                }
                if (stagingFirst.contains(ca.id())) {
                    rehearse(ca);
                }
                return new Issued(ca.order(name, replaces, now, clock), ca.id());
            } catch (IssueException e) {
                if (e.kind() == Kind.FOR_GOOD) {
                    forGood.add(ca.id());
                } else if (e.kind() == Kind.NOT_VALIDATED) {
                    stagingFirst.add(ca.id());
                }
                refused.add(new Refused(e.notBefore().orElse(now), sentence(e), Optional.of(e.kind())));
                LOG.debug("{}: {} did not issue", name, ca.id(), e);
            } finally {
                ca.endOfScout(name);
            }
        }
        return charged ? new Failed(failed(before, refused, stagingFirst)) : notAsked(refused);
    }

    private static Optional<X509Certificate> replaces(NameRecord before, Optional<X509Certificate> leaf, Ca ca) {
        return before.issued().filter(known -> known.ca().equals(ca.id())).flatMap(known -> leaf.filter(known::is));
    }

    /** Spends a failure at the staging environment rather than in production; staging's own troubles are no reason to wait. */
    private void rehearse(Ca ca) throws IssueException, InterruptedException {
        Optional<Issuer> staging = ca.staging();
        if (staging.isEmpty()) {
            return;
        }
        try {
            ca.rehearse(staging.get(), name);
        } catch (IssueException e) {
            if (e.kind() == Kind.NOT_VALIDATED) {
                throw e;
            }
            LOG.debug("{}: the staging environment of {} is no help", name, ca.id(), e);
        }
    }

    private static Trouble crashed(NameRecord before, Instant now) {
        Optional<Trouble> old = before.trouble();
        int failures = old.map(Trouble::failures).orElse(0) + 1;
        Duration wait = before.failures() == 0 ? AFTER_FIRST_CRASH : RetrySchedule.afterFailures(failures);
        return new Trouble(
                failures,
                old.map(Trouble::unavailable).orElse(0),
                first(old, now),
                now.plus(wait),
                UNDER_WAY,
                old.map(Trouble::stagingFirst).orElse(Set.of()));
    }

    private Trouble failed(NameRecord before, List<Refused> refused, Set<String> stagingFirst) {
        Instant now = clock.instant();
        Optional<Trouble> old = before.trouble();
        boolean ours =
                refused.stream().flatMap(one -> one.kind().stream()).anyMatch(kind -> kind != Kind.CA_UNAVAILABLE);
        int failures = old.map(Trouble::failures).orElse(0) + (ours ? 1 : 0);
        int unavailable = ours ? 0 : old.map(Trouble::unavailable).orElse(0) + 1;
        Instant scheduled = RetrySchedule.next(ours ? failures : unavailable, first(old, now), now, random);
        Instant allowed = refused.stream()
                .filter(one -> one.kind().filter(kind -> kind == Kind.FOR_GOOD).isEmpty())
                .map(Refused::until)
                .min(Comparator.naturalOrder())
                .orElse(now);
        Instant longest = now.plus(RetrySchedule.LONGEST);
        Instant next = RenewalPolicy.later(scheduled, allowed.isAfter(longest) ? longest : allowed);
        return new Trouble(failures, unavailable, first(old, now), next, sentences(refused), Set.copyOf(stagingFirst));
    }

    private static Instant first(Optional<Trouble> old, Instant now) {
        return old.map(Trouble::first).filter(first -> !first.isAfter(now)).orElse(now);
    }

    private NotAsked notAsked(List<Refused> refused) {
        Instant until = refused.stream()
                .map(Refused::until)
                .min(Comparator.naturalOrder())
                .orElseGet(() -> clock.instant().plus(AFTER_FIRST_CRASH));
        return new NotAsked(until, sentences(refused));
    }

    private static String sentences(List<Refused> refused) {
        return refused.stream().map(Refused::sentence).distinct().collect(Collectors.joining("; "));
    }

    private String sentence(IssueException e) {
        String message = e.getMessage();
        return message == null || message.isBlank() ? name + ": refused without a reason" : message;
    }
}
