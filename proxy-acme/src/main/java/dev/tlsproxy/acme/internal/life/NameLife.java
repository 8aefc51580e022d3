package dev.tlsproxy.acme.internal.life;

import dev.tlsproxy.acme.internal.life.Ledger.Refusal;
import dev.tlsproxy.acme.internal.life.Next.Work;
import dev.tlsproxy.acme.internal.life.RenewalPolicy.Plan;
import dev.tlsproxy.acme.internal.order.IssueException;
import dev.tlsproxy.acme.internal.order.RenewalWindow;
import dev.tlsproxy.spi.CertificateManager;
import dev.tlsproxy.spi.CertificateStatus;
import dev.tlsproxy.spi.CertificateStatus.State;
import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.CertifiedKey;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The state machine of one name. Knows no other name; one thread at a time. */
final class NameLife {

    private static final Logger LOG = LoggerFactory.getLogger(NameLife.class);
    private static final Duration ASK_AT_MOST_EVERY = Duration.ofMinutes(1);
    private static final Duration ASK_AT_LEAST_EVERY = Duration.ofDays(1);
    private static final Duration ASK_AFTER_FAILURE = Duration.ofHours(1);

    private final String name;
    private final CertificateManager.Context context;
    private final List<Ca> cas;
    private final Clock clock;
    private final RandomGenerator random;
    private final Duration checkEvery;
    private final NameRecords records;
    private final ServedCertificate certificate;
    private final OrderTry orderTry;
    private NameRecord record = NameRecord.EMPTY;
    private Optional<Refusal> held = Optional.empty();
    private int storeFailures;
    private Instant storeFailedFirst = Instant.EPOCH;
    private boolean issuedHere;
    private boolean overrideWarned;
    private volatile int failures;
    private @Nullable CertificateStatus lastStatus;

    NameLife(
            String name,
            CertificateManager.Context context,
            List<Ca> cas,
            Clock clock,
            RandomGenerator random,
            Duration checkEvery) {
        this.name = name;
        this.context = context;
        this.cas = cas;
        this.clock = clock;
        this.random = random;
        this.checkEvery = checkEvery;
        this.records = new NameRecords(context.store(), clock);
        this.certificate = new ServedCertificate(name, context.store(), context.sink());
        this.orderTry = new OrderTry(name, cas, clock, random);
    }

    String name() {
        return name;
    }

    /** How often it failed in a row; may be called by any thread. */
    int failures() {
        return failures;
    }

    /** What the store has, before anything is served. */
    Optional<CertifiedKey> stored() {
        return certificate.stored();
    }

    /** Serves what was stored; says how it stands otherwise. */
    void begin(Optional<CertifiedKey> stored) {
        boolean serves = stored.isPresent() && certificate.deploy(stored.get());
        if (!serves) {
            say(State.WAITING);
        } else if (stored.get().notAfter().isAfter(clock.instant())) {
            say(State.LOADED);
        } else {
            LOG.warn(
                    "{}: the stored certificate expired at {}; it is served until another has come",
                    name,
                    stored.get().notAfter());
            say(State.RENEWAL_DUE);
        }
    }

    /** Reads what is known of the name. */
    void remember() {
        set(records.read(name));
    }

    /** Does one piece of work and says what is next. */
    Next work(Work work) throws InterruptedException {
        return switch (work) {
            case CHECK -> check();
            case ASK_WINDOW -> askWindow();
            case ORDER -> order();
        };
    }

    /** Looks at the store and the clock, and decides. */
    private Next check() {
        Instant now = clock.instant();
        follow();
        Instant due = due(now);
        if (due.isAfter(now)) {
            forgetTrouble();
            say(issuedHere ? State.ISSUED : State.LOADED);
            Instant ask = nextAsk(now);
            return ask.isAfter(now) ? checkBy(now, due, ask) : new Next(Work.ASK_WINDOW, now);
        }
        if (orderTry.isForGood()) {
            say(State.FAILED_FOR_GOOD, Optional.empty(), problem());
            return checkBy(now);
        }
        Optional<Refusal> wait = waiting(now);
        if (wait.isPresent()) {
            say(
                    State.BACKING_OFF,
                    Optional.of(wait.get().until()),
                    Optional.of(wait.get().sentence()));
            return checkBy(now, wait.get().until());
        }
        say(certificate.served().isPresent() ? State.RENEWAL_DUE : State.WAITING);
        return new Next(Work.ORDER, now);
    }

    /** One order: may it be made, is it still needed, who issues, save, deploy, remember. */
    private Next order() throws InterruptedException {
        Instant now = clock.instant();
        Optional<OrderTry.NotAsked> notNow = orderTry.notNow(record, leaf());
        if (notNow.isPresent()) {
            return later(notNow.get());
        }
        CertificateStore.Lease lease;
        try {
            context.store().probe();
            Optional<CertificateStore.Lease> free = context.store().tryLock(NameRecords.lock(name));
            if (free.isEmpty()) {
                Duration wait = Duration.ofMillis(10_000 + random.nextLong(20_000));
                return new Next(Work.CHECK, now.plus(wait.compareTo(checkEvery) < 0 ? wait : checkEvery));
            }
            lease = free.get();
        } catch (IOException e) {
            if (!isEmergency(now)) {
                return storeFailed(now, e);
            }
            LOG.error(
                    "{}: the store fails, and the certificate is about to expire; ordered all the same: {}",
                    name,
                    e.getMessage());
            lease = () -> {};
        }
        CertificateStore.Lease held = lease;
        try (held) {
            storeFailures = 0;
            follow();
            remember();
            if (due(now).isAfter(now) || waiting(now).isPresent()) {
                return new Next(Work.CHECK, now);
            }
            return orderUnderLock();
        }
    }

    private Next orderUnderLock() throws InterruptedException {
        NameRecord before = record;
        OrderTry.Result result = orderTry.run(before, leaf(), charged -> {
            write(before.with(Optional.of(charged)));
            say(State.ORDERING);
        });
        Instant now = clock.instant();
        if (result instanceof OrderTry.Issued issued) {
            write(record.issuedBy(issued.ca(), issued.key().leaf(), now));
            issuedHere = certificate.save(issued.key()) || issuedHere;
            write(record.with(Optional.empty()));
            held = Optional.empty();
            overrideWarned = false;
            LOG.info(
                    "{}: certificate of {} until {}",
                    name,
                    issued.ca(),
                    issued.key().notAfter());
        } else if (result instanceof OrderTry.Failed failed) {
            write(before.with(Optional.of(failed.trouble())));
            LOG.warn(
                    "{}; tried again at {}",
                    failed.trouble().problem(),
                    failed.trouble().nextTry());
        } else if (result instanceof OrderTry.NotAsked notAsked) {
            return later(notAsked);
        }
        return new Next(Work.CHECK, now);
    }

    /** Waits for our own rate without a word, for anything else as a back-off. */
    private Next later(OrderTry.NotAsked notAsked) {
        if (notAsked.sentence().isEmpty()) {
            return new Next(Work.ORDER, notAsked.until());
        }
        held = Optional.of(new Refusal(notAsked.until(), notAsked.sentence()));
        return new Next(Work.CHECK, clock.instant());
    }

    private Optional<X509Certificate> leaf() {
        return certificate.served().map(CertifiedKey::leaf);
    }

    /** Asks the CA when it wants the certificate renewed. */
    private Next askWindow() throws InterruptedException {
        Instant now = clock.instant();
        Optional<Ca> ca = issuingCa();
        if (ca.isPresent()) {
            CertifiedKey served = certificate.served().orElseThrow();
            try {
                answered(ca.get().window(name, served.leaf(), now), clock.instant());
            } catch (IssueException e) {
                LOG.debug("{}: the renewal window can't be had now", name, e);
                Instant next = RenewalPolicy.later(
                        now.plus(ASK_AFTER_FAILURE), e.notBefore().orElse(now));
                write(record.askedInVain(earlier(next, now.plus(ASK_AT_LEAST_EVERY))));
            }
        }
        return new Next(Work.CHECK, clock.instant());
    }

    private void answered(Optional<RenewalWindow> answer, Instant now) {
        Instant next = answer.map(RenewalWindow::askAgain).orElse(now.plus(ASK_AT_LEAST_EVERY));
        next = earlier(RenewalPolicy.later(next, now.plus(ASK_AT_MOST_EVERY)), now.plus(ASK_AT_LEAST_EVERY));
        Optional<NameRecord.Window> old = record.window();
        write(record.asked(answer, next, random));
        if (old.isPresent() && answer.isPresent() && !old.equals(record.window())) {
            LOG.warn(
                    "{}: the CA moved the renewal to {}..{}{}",
                    name,
                    answer.get().start(),
                    answer.get().end(),
                    answer.get().explanation().map(page -> "; see " + page).orElse(""));
        }
    }

    /** Serves what another process, or a person, put into the store, with the record that belongs to it. */
    private void follow() {
        if (certificate.follow()) {
            remember();
            held = Optional.empty();
            overrideWarned = false;
        }
    }

    /** From when on a certificate is to be ordered; at once where there is none, or where it is of a CA no longer in use. */
    private Instant due(Instant now) {
        Optional<CertifiedKey> served = certificate.served();
        if (served.isEmpty()) {
            return now;
        }
        Optional<NameRecord.Issued> issued =
                record.issued().filter(known -> known.is(served.get().leaf()));
        if (issued.isPresent() && issuingCa().isEmpty()) {
            return now;
        }
        Plan plan = plan(served.get());
        if (plan.overrides(now) && !overrideWarned) {
            overrideWarned = true;
            LOG.warn(
                    "{}: renewed before the instant the CA wants, {}, as the certificate expires at {}",
                    name,
                    plan.wanted().orElseThrow(),
                    served.get().notAfter());
        }
        return plan.due();
    }

    private Plan plan(CertifiedKey served) {
        Optional<NameRecord.Issued> issued = record.issued().filter(known -> known.is(served.leaf()));
        return RenewalPolicy.plan(
                served.notBefore(),
                served.notAfter(),
                issued.isPresent() ? record.window().map(NameRecord.Window::chosen) : Optional.empty(),
                issued.map(NameRecord.Issued::at));
    }

    private boolean isEmergency(Instant now) {
        return certificate
                .served()
                .map(this::plan)
                .filter(plan -> !now.isBefore(plan.emergency()))
                .isPresent();
    }

    private Optional<Ca> issuingCa() {
        return record.issued()
                .filter(known ->
                        certificate.served().filter(key -> known.is(key.leaf())).isPresent())
                .flatMap(known ->
                        cas.stream().filter(ca -> ca.id().equals(known.ca())).findFirst());
    }

    private Instant nextAsk(Instant now) {
        Optional<Ca> ca = issuingCa();
        if (ca.isEmpty() || ca.get().windowsAreDown(now)) {
            return Instant.MAX;
        }
        return record.askAgain()
                .filter(at -> !at.isAfter(now.plus(ASK_AT_LEAST_EVERY)))
                .orElse(now);
    }

    /** Until when the name waits, and why; a time too far away was computed with a wrong clock. */
    private Optional<Refusal> waiting(Instant now) {
        Optional<Refusal> trouble = record.trouble().map(known -> new Refusal(known.nextTry(), name(known.problem())));
        return trouble.filter(wait -> isAhead(wait.until(), now))
                .or(() -> held.filter(wait -> isAhead(wait.until(), now)));
    }

    private static boolean isAhead(Instant until, Instant now) {
        return until.isAfter(now) && !until.isAfter(now.plus(RetrySchedule.LONGEST));
    }

    private Optional<String> problem() {
        return record.trouble().map(known -> name(known.problem()));
    }

    private String name(String problem) {
        return problem.contains(name) ? problem : name + ": " + problem;
    }

    private Next storeFailed(Instant now, IOException e) {
        storeFailures++;
        storeFailedFirst = storeFailures == 1 || storeFailedFirst.isAfter(now) ? now : storeFailedFirst;
        Instant until = RetrySchedule.next(storeFailures, storeFailedFirst, now, random);
        String sentence = name + ": not ordered, as the store could not keep the certificate: " + e.getMessage();
        LOG.error("{}; looked at again at {}", sentence, until);
        held = Optional.of(new Refusal(until, sentence));
        return new Next(Work.CHECK, now);
    }

    /** The certificate is fresh, whoever got it: what failed before is over. */
    private void forgetTrouble() {
        held = Optional.empty();
        if (record.trouble().isPresent()) {
            write(record.with(Optional.empty()));
        }
    }

    private void write(NameRecord changed) {
        set(changed);
        records.write(name, changed);
    }

    private void set(NameRecord changed) {
        record = changed;
        failures = changed.failures();
    }

    private Next checkBy(Instant now, Instant... needed) {
        Duration every = certificate
                .served()
                .map(key ->
                        RenewalPolicy.lifetime(key.notBefore(), key.notAfter()).dividedBy(20))
                .filter(part -> part.compareTo(checkEvery) < 0)
                .orElse(checkEvery);
        long millis = Math.max(1000, every.toMillis());
        return new Next(
                Work.CHECK,
                RenewalPolicy.nextCheck(now, Duration.ofMillis(millis - random.nextLong(millis / 10)), needed));
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }

    private void say(State state) {
        say(state, Optional.empty(), Optional.empty());
    }

    private void say(State state, Optional<Instant> until, Optional<String> problem) {
        CertificateStatus status = new CertificateStatus(name, state, certificate.notAfter(), until, problem);
        if (!status.equals(lastStatus)) {
            lastStatus = status;
            context.sink().status(status);
        }
    }
}
