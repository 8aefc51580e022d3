package dev.tlsproxy.acme.internal.life;

import dev.tlsproxy.acme.internal.life.Ledger.Refusal;
import dev.tlsproxy.acme.internal.life.Next.Work;
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
    private static final int SOON_LOOKS = 60;

    private final String name;
    private final CertificateManager.Context context;
    private final Clock clock;
    private final RandomGenerator random;
    private final Duration checkEvery;
    private final NameMemory memory;
    private final ServedCertificate certificate;
    private final Renewal renewal;
    private final OrderTry orderTry;
    private Optional<Refusal> heldBack = Optional.empty();
    private int storeFailures;
    private Instant storeFailedFirst = Instant.EPOCH;
    private int looks;
    private boolean issuedHere;
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
        this.clock = clock;
        this.random = random;
        this.checkEvery = checkEvery;
        this.memory = new NameMemory(name, new NameRecords(context.store(), clock));
        this.certificate = new ServedCertificate(name, context.store(), context.sink());
        this.renewal = new Renewal(name, cas, certificate, memory, random);
        this.orderTry = new OrderTry(name, cas, clock, random);
    }

    String name() {
        return name;
    }

    /** How often it failed in a row; may be called by any thread. */
    int failures() {
        return memory.failures();
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
        memory.recall();
    }

    /** Does one piece of work and says what is next. */
    Next work(Work work) throws InterruptedException {
        return switch (work) {
            case CHECK -> check();
            case ASK_WINDOW -> {
                renewal.ask(clock);
                yield new Next(Work.CHECK, clock.instant());
            }
            case ORDER -> order();
        };
    }

    /** Looks at the store and the clock, and decides. */
    private Next check() {
        Instant now = clock.instant();
        follow();
        Instant due = renewal.due(now);
        if (due.isAfter(now)) {
            forgetTrouble();
            say(issuedHere ? State.ISSUED : State.LOADED);
            Instant ask = renewal.nextAsk(now);
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
            return OrderTry.mayBeUnderWay(memory.record())
                    ? checkBy(now, wait.get().until(), soon(now))
                    : checkBy(now, wait.get().until());
        }
        say(certificate.served().isPresent() ? State.RENEWAL_DUE : State.WAITING);
        return new Next(Work.ORDER, now);
    }

    /** One order: may it be made, is it still needed, who issues, save, deploy, remember. */
    private Next order() throws InterruptedException {
        Instant now = clock.instant();
        Optional<OrderTry.NotAsked> notNow = orderTry.notNow(memory.record(), leaf());
        if (notNow.isPresent()) {
            return later(notNow.get());
        }
        Optional<CertificateStore.Lease> free;
        Optional<IOException> problem = Optional.empty();
        try {
            free = context.store().tryLock(NameRecords.lock(name));
        } catch (IOException e) {
            free = Optional.of(() -> {});
            problem = Optional.of(e);
        }
        if (free.isEmpty()) {
            return new Next(Work.CHECK, soon(now));
        }
        CertificateStore.Lease held = free.get();
        try (held) {
            problem = problem.or(this::probe);
            if (problem.isPresent() && !renewal.isEmergency(now)) {
                return storeFailed(now, problem.get());
            }
            problem.ifPresent(e -> LOG.error(
                    "{}: the store fails, and the certificate is about to expire; ordered all the same: {}",
                    name,
                    e.getMessage()));
            storeFailures = 0;
            follow();
            remember();
            if (renewal.due(now).isAfter(now) || waiting(now).isPresent()) {
                return new Next(Work.CHECK, now);
            }
            return orderUnderLock();
        }
    }

    private Optional<IOException> probe() {
        try {
            context.store().probe();
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(e);
        }
    }

    /** Another process may be at it, and what it gets is to be served here within seconds; one that hangs is given time. */
    private Instant soon(Instant now) {
        long millis = looks++ < SOON_LOOKS ? 1_000 + random.nextLong(1_000) : 10_000 + random.nextLong(20_000);
        Duration wait = Duration.ofMillis(millis);
        return now.plus(wait.compareTo(checkEvery) < 0 ? wait : checkEvery);
    }

    private Next orderUnderLock() throws InterruptedException {
        NameRecord before = memory.record();
        OrderTry.Result result = orderTry.run(before, leaf(), charged -> {
            memory.write(before.with(Optional.of(charged)));
            say(State.ORDERING);
        });
        Instant now = clock.instant();
        if (result instanceof OrderTry.Issued issued) {
            memory.write(memory.record().issuedBy(issued.ca(), issued.key().leaf(), now));
            issuedHere = certificate.save(issued.key()) || issuedHere;
            memory.write(memory.record().with(Optional.empty()));
            heldBack = Optional.empty();
            renewal.startAnew();
            LOG.info(
                    "{}: certificate of {} until {}",
                    name,
                    issued.ca(),
                    issued.key().notAfter());
        } else if (result instanceof OrderTry.Failed failed) {
            memory.write(before.with(Optional.of(failed.trouble())));
            LOG.warn(
                    "{}; tried again at {}",
                    name(failed.trouble().problem()),
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
        heldBack = Optional.of(new Refusal(notAsked.until(), notAsked.sentence()));
        return new Next(Work.CHECK, clock.instant());
    }

    private Optional<X509Certificate> leaf() {
        return certificate.served().map(CertifiedKey::leaf);
    }

    /** Serves what another process, or a person, put into the store, with the record that belongs to it. */
    private void follow() {
        if (certificate.follow()) {
            remember();
            heldBack = Optional.empty();
            renewal.startAnew();
        }
    }

    /** Until when the name waits, and why; a time too far away was computed with a wrong clock. */
    private Optional<Refusal> waiting(Instant now) {
        Optional<Refusal> trouble =
                memory.record().trouble().map(known -> new Refusal(known.nextTry(), name(known.problem())));
        return trouble.filter(wait -> isAhead(wait.until(), now))
                .or(() -> heldBack.filter(wait -> isAhead(wait.until(), now)));
    }

    private static boolean isAhead(Instant until, Instant now) {
        return until.isAfter(now) && !until.isAfter(now.plus(RetrySchedule.LONGEST));
    }

    private Optional<String> problem() {
        return memory.record().trouble().map(known -> name(known.problem()));
    }

    private String name(String problem) {
        return problem.startsWith(name + ":") ? problem : name + ": " + problem;
    }

    private Next storeFailed(Instant now, IOException e) {
        storeFailures++;
        storeFailedFirst = storeFailures == 1 || storeFailedFirst.isAfter(now) ? now : storeFailedFirst;
        Instant until = RetrySchedule.next(storeFailures, storeFailedFirst, now, random);
        String sentence = name + ": not ordered, as the store could not keep the certificate: " + e.getMessage();
        LOG.error("{}; looked at again at {}", sentence, until);
        heldBack = Optional.of(new Refusal(until, sentence));
        return new Next(Work.CHECK, now);
    }

    /** The certificate is fresh, whoever got it: what failed before is over. */
    private void forgetTrouble() {
        heldBack = Optional.empty();
        looks = 0;
        if (memory.record().trouble().isPresent()) {
            memory.write(memory.record().with(Optional.empty()));
        }
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
