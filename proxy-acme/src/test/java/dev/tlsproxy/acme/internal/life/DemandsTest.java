package dev.tlsproxy.acme.internal.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import dev.tlsproxy.acme.internal.order.IssueException.Kind;
import dev.tlsproxy.spi.CertificateStatus.State;
import dev.tlsproxy.spi.CertifiedKey;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Certificates that clients ask for, with a clock that a test moves. */
@Timeout(60)
class DemandsTest {

    private static final String NAME = "customer.example.com";
    private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");

    private final ManualTime time = new ManualTime(START);
    private final FakeIssuer issuer = new FakeIssuer("ca.example-directory", time);
    private final FlakyStore store = new FlakyStore();
    private final FakeProxy proxy = new FakeProxy(store, Set.of());
    private final List<String> decided = new CopyOnWriteArrayList<>();
    private volatile Predicate<String> allowed = name -> name.endsWith(".example.com");

    @Test
    void ordersAnAllowedNameAndServesIt() throws Exception {
        AcmeManager manager = started(10);
        CompletionStage<Boolean> answer = manager.demand(NAME).orElseThrow();
        assertThat(manager.demand(NAME)).as("the same while it runs").containsSame(answer);
        assertThat(answer.toCompletableFuture()).isNotDone();

        time.pass(Duration.ofSeconds(1));

        assertThat(answer.toCompletableFuture()).isCompletedWithValue(true);
        assertThat(decided).containsExactly(NAME);
        assertThat(issuer.orders).hasSize(1);
        assertThat(proxy.served).containsKey(NAME);
        assertThat(store.load(NAME)).contains(proxy.served.get(NAME));
        assertThat(proxy.states(NAME)).containsExactly(State.WAITING, State.ORDERING, State.ISSUED);
    }

    @Test
    void remembersARefusalForAMinute() {
        AcmeManager manager = started(10);
        assertThat(demand(manager, "other.example.org")).isFalse();
        assertThat(manager.demand("other.example.org")).isEmpty();
        time.pass(Duration.ofSeconds(58));
        assertThat(manager.demand("other.example.org")).isEmpty();
        assertThat(decided).hasSize(1);

        time.pass(Duration.ofSeconds(2));
        allowed = name -> true;
        assertThat(demand(manager, "other.example.org")).isTrue();
        assertThat(decided).hasSize(2);
        assertThat(issuer.orders).hasSize(1);
    }

    @Test
    void aFunctionThatThrowsRefusesForAMomentOnly() {
        allowed = name -> {
            throw new IllegalStateException("the database is down");
        };
        AcmeManager manager = started(10);
        assertThat(demand(manager, NAME)).isFalse();
        allowed = name -> true;
        assertThat(manager.demand(NAME)).isEmpty();
        time.pass(Duration.ofSeconds(11));
        assertThat(demand(manager, NAME)).isTrue();
    }

    @Test
    void noMoreNewNamesInAnHourThanTheLimitAlsoAcrossARestart() {
        AcmeManager manager = started(2);
        assertThat(demand(manager, "a.example.com")).isTrue();
        time.pass(Duration.ofMinutes(30));
        assertThat(demand(manager, "b.example.com")).isTrue();
        assertThat(demand(manager, "c.example.com")).isFalse();
        manager = restarted(2);
        assertThat(demand(manager, "c.example.com")).isFalse();
        assertThat(issuer.orders).hasSize(2);

        time.pass(Duration.ofMinutes(31));
        assertThat(demand(manager, "c.example.com")).isTrue();
        assertThat(demand(manager, "d.example.com")).isFalse();
    }

    @Test
    void aRestartServesFromTheStoreWithoutAnOrderAndWithoutCounting() {
        AcmeManager manager = started(1);
        assertThat(demand(manager, NAME)).isTrue();
        CertifiedKey key = proxy.served.remove(NAME);

        manager = restarted(1);
        assertThat(proxy.served).as("only once a client asks").isEmpty();
        assertThat(manager.demand(NAME).orElseThrow().toCompletableFuture()).isCompletedWithValue(true);

        assertThat(proxy.served).containsEntry(NAME, key);
        time.pass(Duration.ofDays(1));
        assertThat(issuer.orders).hasSize(1);
        assertThat(decided).as("asked again").containsExactly(NAME, NAME);
    }

    @Test
    void whatTheStoreHasIsNotServedWhereTheNameIsNotAllowedAnyMore() {
        demand(started(1), NAME);
        proxy.served.clear();
        allowed = name -> false;
        AcmeManager manager = restarted(1);
        assertThat(demand(manager, NAME)).isFalse();
        assertThat(proxy.served).isEmpty();
    }

    @Test
    void anExpiredCertificateOfTheStoreIsReplacedBeforeItIsServed() throws Exception {
        store.save(
                NAME, FakeIssuer.certificate(NAME, START.minus(Duration.ofDays(90)), START.minus(Duration.ofDays(1))));
        AcmeManager manager = started(1);
        CompletionStage<Boolean> answer = manager.demand(NAME).orElseThrow();
        issuer.rule = name -> assertThat(proxy.served).as("at the order").isEmpty();
        time.pass(Duration.ofSeconds(1));
        assertThat(answer.toCompletableFuture()).isCompletedWithValue(true);
        assertThat(proxy.served.get(NAME).notAfter()).isEqualTo(START.plus(Duration.ofDays(90)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"NOT_VALIDATED", "CA_UNAVAILABLE", "FOR_GOOD"})
    void aFailureIsToldAndTriedAgainOnlyWhenAClientAsksAgain(Kind kind) {
        issuer.rule = name -> {
            throw FakeIssuer.failure(kind, name + ": no");
        };
        AcmeManager manager = started(10);
        assertThat(demand(manager, NAME)).isFalse();
        assertThat(manager.demand(NAME)).isEmpty();
        time.pass(Duration.ofDays(1));
        assertThat(issuer.orders).hasSize(1);

        issuer.rule = name -> {};
        assertThat(demand(manager, NAME)).isTrue();
    }

    @Test
    void renewsWhileTheNameIsUsedAndAllowed() {
        AcmeManager manager = started(1);
        demand(manager, NAME);
        for (int day = 0; day < 100; day++) {
            time.pass(Duration.ofDays(1));
            manager.used(NAME);
        }
        assertThat(issuer.orders).as("a renewal does not count").hasSize(2);
        assertThat(proxy.served.get(NAME).notAfter()).isAfter(time.instant());
    }

    @Test
    void doesNotRenewWhatNobodyUsedForThirtyDaysUntilItIsUsedAgain() {
        AcmeManager manager = started(1);
        demand(manager, NAME);
        time.pass(Duration.ofDays(85));
        assertThat(issuer.orders).hasSize(1);

        manager.used(NAME);
        time.pass(Duration.ofSeconds(1));

        assertThat(issuer.orders).hasSize(2);
        assertThat(proxy.served.get(NAME).notAfter())
                .isEqualTo(issuer.orders.get(1).at().plus(Duration.ofDays(90)));
    }

    @Test
    void aNameThatLapsedAndExpiredComesBackAfterAFailureToo() {
        AcmeManager manager = started(1);
        demand(manager, NAME);
        time.pass(Duration.ofDays(91));
        issuer.rule = name -> {
            throw FakeIssuer.failure(Kind.CA_UNAVAILABLE, name + ": down");
        };
        manager.used(NAME);
        time.pass(Duration.ofHours(2));
        assertThat(issuer.orders).hasSize(2);
        issuer.rule = name -> {};
        manager.used(NAME);
        time.pass(Duration.ofSeconds(1));
        assertThat(proxy.served.get(NAME).notAfter()).isAfter(time.instant());
    }

    @Test
    void doesNotRenewWhatIsNotAllowedAnyMore() {
        AcmeManager manager = started(1);
        demand(manager, NAME);
        allowed = name -> false;
        useDaily(manager, 100);
        assertThat(issuer.orders).hasSize(1);
    }

    @Test
    void goesOnRenewingWhereTheFunctionThrows() {
        AcmeManager manager = started(1);
        demand(manager, NAME);
        allowed = name -> {
            throw new IllegalStateException("the database is down");
        };
        useDaily(manager, 100);
        assertThat(issuer.orders).hasSize(2);
    }

    @Test
    void aNameThatBecomesOneOfTheProxysOwnIsServedWithoutAnOrderAndWithoutADecision() {
        AcmeManager manager = started(1);
        demand(manager, NAME);
        manager.names(Set.of(NAME));
        allowed = name -> false;
        time.pass(Duration.ofDays(100));
        assertThat(issuer.orders).hasSize(2);
        assertThat(decided).hasSize(1);
    }

    @Test
    void closeEndsEveryWait() {
        issuer.rule = name -> {
            throw new InterruptedException();
        };
        AcmeManager manager = started(1);
        CompletionStage<Boolean> answer = manager.demand(NAME).orElseThrow();
        manager.close();
        assertThat(answer.toCompletableFuture()).isCompletedWithValue(false);
        assertThat(manager.demand(NAME)).isEmpty();
    }

    @Test
    void theCallerIsNotBlockedByAFunctionThatIsAndTheQueueIsBounded() throws Exception {
        CountDownLatch database = new CountDownLatch(1);
        AtomicInteger most = new AtomicInteger();
        AtomicInteger deciding = new AtomicInteger();
        allowed = name -> {
            most.accumulateAndGet(deciding.incrementAndGet(), Math::max);
            try {
                database.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            deciding.decrementAndGet();
            return false;
        };
        try (AcmeManager manager = new AcmeManager(
                List.of(issuer),
                Clock.systemUTC(),
                new Random(1),
                new DaemonThreads(),
                LifeSettings.DEFAULTS,
                Optional.of(new OnDemandSettings(name -> allowed.test(name), 1)))) {
            manager.start(proxy);
            List<CompletionStage<Boolean>> answers = new ArrayList<>();
            for (int i = 0; i < OnDemandSettings.MOST_PENDING; i++) {
                answers.add(manager.demand("n" + i + ".example.com").orElseThrow());
            }
            assertThat(manager.demand("one.too.many.example.com")).isEmpty();
            assertThat(manager.demand("n7.example.com")).containsSame(answers.get(7));
            await().until(() -> deciding.get() == OnDemandSettings.DECISIONS);
            database.countDown();
            for (CompletionStage<Boolean> answer : answers) {
                assertThat(answer.toCompletableFuture().get(10, TimeUnit.SECONDS))
                        .isFalse();
            }
            assertThat(most).hasValue(OnDemandSettings.DECISIONS);
            assertThat(manager.demand("n7.example.com"))
                    .as("refused a moment ago")
                    .isEmpty();
        }
    }

    @Test
    void refusedNamesAreForgottenWhereThereAreMany() {
        RefusedNames refused = new RefusedNames(3, Duration.ofMinutes(1));
        for (int i = 0; i < 5; i++) {
            refused.add("n" + i, START, START.plusSeconds(3600));
        }
        assertThat(refused.size()).isEqualTo(3);
        assertThat(refused.contains("n1", START)).isFalse();
        assertThat(refused.contains("n4", START.plusSeconds(59))).isTrue();
        assertThat(refused.contains("n4", START.plusSeconds(60))).isFalse();
        assertThat(refused.contains("n3", START.minusSeconds(60)))
                .as("a clock that went back")
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 1001})
    void refusesALimitOutOfRange(int perHour) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new OnDemandSettings(name -> true, perHour))
                .withMessage("perHour: " + perHour + " (expected: 1..1000)");
    }

    private void useDaily(AcmeManager manager, int days) {
        for (int day = 0; day < days; day++) {
            time.pass(Duration.ofDays(1));
            manager.used(NAME);
        }
    }

    private boolean demand(AcmeManager manager, String name) {
        CompletionStage<Boolean> answer = manager.demand(name).orElseThrow();
        time.pass(Duration.ofSeconds(1));
        return answer.toCompletableFuture().getNow(null);
    }

    private AcmeManager started(int perHour) {
        return started(perHour, time.mortal());
    }

    private AcmeManager restarted(int perHour) {
        last.close();
        return started(perHour);
    }

    private Threads last = time;

    private AcmeManager started(int perHour, Threads threads) {
        last = threads;
        AcmeManager manager = new AcmeManager(
                List.of(issuer),
                time,
                new Random(1),
                threads,
                LifeSettings.DEFAULTS,
                Optional.of(new OnDemandSettings(
                        name -> {
                            decided.add(name);
                            return allowed.test(name);
                        },
                        perHour)));
        manager.start(proxy);
        return manager;
    }
}
