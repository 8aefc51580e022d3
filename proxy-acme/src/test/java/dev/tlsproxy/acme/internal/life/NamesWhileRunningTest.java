package dev.tlsproxy.acme.internal.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import dev.tlsproxy.acme.internal.order.IssueException.Kind;
import dev.tlsproxy.spi.CertificateStatus.State;
import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.CertifiedKey;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Names that come and go while a manager runs. */
class NamesWhileRunningTest {

    private static final String KEPT = "kept.example.com";
    private static final String GONE = "gone.example.com";
    private static final String FRESH = "fresh.example.com";
    private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");

    private final ManualTime time = new ManualTime(START);
    private final FakeIssuer issuer = new FakeIssuer("ca.example-directory", time);
    private final CertificateStore store = CertificateStore.inMemory();
    private final FakeProxy proxy = new FakeProxy(store, Set.of(KEPT, GONE));

    @Test
    void aKeptNameIsNotDisturbedAGoneOneIsNotRenewedAndAFreshOneIsOrdered() {
        AcmeManager manager = started();
        time.pass(Duration.ofSeconds(1));
        CertifiedKey kept = proxy.served.get(KEPT);
        CertifiedKey gone = proxy.served.get(GONE);
        int said = proxy.states(KEPT).size();

        manager.names(Set.of(KEPT, FRESH));
        time.pass(Duration.ofSeconds(1));

        assertThat(issuer.orders).extracting(FakeIssuer.Asked::name).containsExactlyInAnyOrder(KEPT, GONE, FRESH);
        assertThat(proxy.served).containsEntry(KEPT, kept).containsKey(FRESH);
        assertThat(proxy.states(KEPT)).hasSize(said);
        assertThat(proxy.states(FRESH)).containsExactly(State.WAITING, State.ORDERING, State.ISSUED);

        int goneSaid = proxy.states(GONE).size();
        time.pass(Duration.ofDays(100));
        assertThat(proxy.served.get(KEPT)).isNotEqualTo(kept);
        assertThat(proxy.served).containsEntry(GONE, gone);
        assertThat(proxy.states(GONE)).hasSize(goneSaid);
        assertThat(issuer.orders).filteredOn(order -> order.name().equals(GONE)).hasSize(1);
    }

    @Test
    void servesWhatTheStoreHasOfAFreshNameWhenItReturns() throws Exception {
        CertifiedKey stored =
                FakeIssuer.certificate(FRESH, START.minus(Duration.ofDays(9)), START.plus(Duration.ofDays(80)));
        store.save(FRESH, stored);
        AcmeManager manager = started();

        manager.names(Set.of(FRESH));

        assertThat(proxy.served).containsEntry(FRESH, stored);
        time.pass(Duration.ofDays(1));
        assertThat(proxy.states(FRESH)).containsExactly(State.LOADED);
        assertThat(issuer.orders)
                .as("%s and %s were gone before their turn", KEPT, GONE)
                .isEmpty();
    }

    @Test
    void aNameThatFailsIsNotTriedAgainOnceItIsGoneAndComesBackWithItsBackOff() {
        issuer.rule = name -> {
            throw FakeIssuer.failure(Kind.NOT_VALIDATED, name + ": no such host");
        };
        AcmeManager manager = started();
        time.pass(Duration.ofSeconds(1));
        assertThat(issuer.orders).hasSize(2);

        manager.names(Set.of());
        time.pass(Duration.ofSeconds(5));
        manager.names(Set.of(GONE));
        time.pass(Duration.ofSeconds(5));
        assertThat(issuer.orders).as("its failure is remembered").hasSize(2);
        assertThat(proxy.status(GONE).state()).isEqualTo(State.BACKING_OFF);

        manager.names(Set.of());
        time.pass(Duration.ofDays(3));
        assertThat(issuer.orders).hasSize(2);
    }

    @Test
    void leavesAFreshNameToAKeptWildcardWhereItsOwnCertificateHasExpired() throws Exception {
        store.save(
                FRESH,
                FakeIssuer.certificate(FRESH, START.minus(Duration.ofDays(90)), START.minus(Duration.ofDays(1))));
        AcmeManager manager = started();
        manager.names(Set.of("*.example.com"));
        time.pass(Duration.ofSeconds(1));

        manager.names(Set.of("*.example.com", FRESH));

        assertThat(proxy.served).containsOnlyKeys("*.example.com");
    }

    @Test
    void refusesNamesBeforeTheStartAndIgnoresThemAfterTheEnd() {
        AcmeManager manager = new AcmeManager(List.of(issuer), time, new Random(1), time, LifeSettings.DEFAULTS);
        assertThatIllegalStateException()
                .isThrownBy(() -> manager.names(Set.of(KEPT)))
                .withMessage("certificate manager: not started (expected: start(...) before names(...))");
        manager.start(proxy);
        manager.close();
        manager.names(Set.of(FRESH));
        assertThat(proxy.statuses).doesNotContainKey(FRESH);
    }

    @Test
    void anOrderUnderWayForANameThatIsGoneDeploysNothingAndLeavesNoLock() {
        FakeIssuer slow = new FakeIssuer("ca", Clock.systemUTC());
        CountDownLatch begun = new CountDownLatch(2);
        CountDownLatch goOn = new CountDownLatch(1);
        slow.rule = name -> {
            begun.countDown();
            goOn.await();
        };
        try (AcmeManager manager = new AcmeManager(
                List.of(slow), Clock.systemUTC(), new Random(1), new DaemonThreads(), LifeSettings.DEFAULTS)) {
            manager.start(proxy);
            await().until(() -> begun.getCount() == 0);

            manager.names(Set.of(KEPT));
            goOn.countDown();

            await().until(() -> proxy.served.containsKey(KEPT));
            await().untilAsserted(() ->
                    assertThat(store.load(GONE)).as("kept for its return").isPresent());
            await().untilAsserted(() -> {
                try (CertificateStore.Lease lease =
                        store.tryLock(NameRecords.lock(GONE)).orElseThrow()) {
                    assertThat(lease).isNotNull();
                }
            });
            assertThat(proxy.served).doesNotContainKey(GONE);
            assertThat(proxy.states(GONE)).containsExactly(State.WAITING, State.ORDERING);
            manager.names(Set.of(KEPT, GONE));
            assertThat(proxy.served).as("without an order").containsKey(GONE);
            assertThat(slow.orders).hasSize(2);
        }
    }

    private AcmeManager started() {
        AcmeManager manager = new AcmeManager(List.of(issuer), time, new Random(1), time, LifeSettings.DEFAULTS);
        manager.start(proxy);
        return manager;
    }
}
