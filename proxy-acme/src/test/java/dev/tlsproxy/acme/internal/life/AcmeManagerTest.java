package dev.tlsproxy.acme.internal.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.acme.internal.order.IssueException;
import dev.tlsproxy.acme.internal.order.IssueException.Kind;
import dev.tlsproxy.acme.internal.order.RenewalWindow;
import dev.tlsproxy.spi.CertificateStatus.State;
import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.CertifiedKey;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What happens to names over time, with a clock that a test moves. */
class AcmeManagerTest {

    private static final String NAME = "api.example.com";
    private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");

    private final ManualTime time = new ManualTime(START);
    private final FakeIssuer issuer = new FakeIssuer("ca.example-directory", time);
    private final FlakyStore store = new FlakyStore();
    private final FakeProxy proxy = new FakeProxy(store, Set.of(NAME));

    @Test
    void ordersAtOnceSavesAndDeploys() throws Exception {
        start(proxy);
        assertThat(proxy.states(NAME)).containsExactly(State.WAITING);
        time.pass(Duration.ofSeconds(1));
        assertThat(proxy.states(NAME)).containsExactly(State.WAITING, State.ORDERING, State.ISSUED);
        assertThat(store.load(NAME)).contains(served());
        assertThat(issuer.orders).hasSize(1);
    }

    @Test
    void servesTheStoredCertificateWhenStartReturnsAndOrdersNone() throws Exception {
        CertifiedKey stored = FakeIssuer.certificate(NAME, START.minus(days(10)), START.plus(days(80)));
        store.save(NAME, stored);
        start(proxy);
        assertThat(served()).isSameAs(stored);
        time.pass(days(1));
        assertThat(proxy.states(NAME)).containsExactly(State.LOADED);
        assertThat(issuer.orders).isEmpty();
    }

    @Test
    void servesAnExpiredCertificateUntilAnotherHasCome() throws Exception {
        CertifiedKey expired = FakeIssuer.certificate(NAME, START.minus(days(90)), START.minus(days(1)));
        store.save(NAME, expired);
        start(proxy);
        assertThat(served()).isSameAs(expired);
        assertThat(proxy.states(NAME)).containsExactly(State.RENEWAL_DUE);
        time.pass(Duration.ofSeconds(1));
        assertThat(served().notAfter()).isEqualTo(START.plus(days(90)));
    }

    @Test
    void leavesANameToALiveWildcardWhereItsOwnCertificateHasExpired() throws Exception {
        store.save(NAME, FakeIssuer.certificate(NAME, START.minus(days(90)), START.minus(days(1))));
        store.save("*.example.com", FakeIssuer.certificate("*.example.com", START, START.plus(days(90))));
        FakeProxy both = new FakeProxy(store, Set.of(NAME, "*.example.com"));
        start(both);
        assertThat(both.served).containsOnlyKeys("*.example.com");
    }

    @Test
    void replacesACertificateOfACaThatIsNoLongerInUse() {
        FakeIssuer old = new FakeIssuer("staging.example-directory", time);
        AcmeManager first = start(proxy, time.mortal(), old);
        time.pass(Duration.ofSeconds(1));
        first.close();
        assertThat(old.closed).isTrue();
        start(proxy);
        time.pass(Duration.ofSeconds(1));
        assertThat(issuer.orders).hasSize(1);
        assertThat(issuer.orders.get(0).replaces()).isEmpty();
    }

    @Test
    void renewsAtOnceWhereTheWindowMovesIntoThePast() {
        start(proxy);
        time.pass(days(20));
        CertifiedKey first = served();
        issuer.window = leaf -> leaf.equals(first.leaf())
                ? Optional.of(new RenewalWindow(START, START, time.instant(), Optional.empty()))
                : Optional.empty();
        time.pass(days(1).plusHours(1));
        assertThat(issuer.orders).hasSize(2);
        assertThat(issuer.orders.get(1).replaces()).contains(first.leaf());
        time.pass(days(20));
        assertThat(issuer.orders).hasSize(2);
    }

    @Test
    void logsThePageOnWhichTheCaExplainsItsWindow() {
        start(proxy);
        time.pass(days(1));
        issuer.window = leaf -> Optional.of(new RenewalWindow(
                START, START, time.instant(), Optional.of(URI.create("https://ca.example/incident"))));
        PrintStream console = System.err;
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
        try {
            time.pass(days(1));
        } finally {
            System.setErr(console);
        }
        assertThat(log.toString(StandardCharsets.UTF_8))
                .contains(NAME + ": the CA now wants it renewed in " + START + ".." + START
                        + "; see https://ca.example/incident");
    }

    @Test
    void doesNotOrderWithoutEndWhereEveryWindowIsPast() {
        issuer.window = leaf -> Optional.of(new RenewalWindow(START, START, time.instant(), Optional.empty()));
        start(proxy);
        time.pass(days(3));
        assertThat(issuer.orders).hasSizeBetween(10, 13);
    }

    @Test
    void keepsServingAndComesBackAfterACaThatIsDownForThreeDays() throws Exception {
        CertifiedKey stored = FakeIssuer.certificate(NAME, START.minus(days(80)), START.plus(days(10)));
        store.save(NAME, stored);
        issuer.rule = name -> {
            throw FakeIssuer.failure(Kind.CA_UNAVAILABLE, NAME + ": the CA can't be reached");
        };
        start(proxy);
        time.pass(days(3));
        assertThat(issuer.orders).hasSizeBetween(28, 45);
        assertThat(served()).isSameAs(stored);
        assertThat(proxy.status(NAME).state()).isEqualTo(State.BACKING_OFF);
        assertThat(proxy.status(NAME).problem()).contains(NAME + ": the CA can't be reached");
        issuer.rule = name -> {};
        time.pass(Duration.ofHours(6));
        assertThat(served().notAfter()).isAfter(START.plus(days(90)));
        assertThat(proxy.status(NAME).state()).isEqualTo(State.ISSUED);
    }

    @Test
    void aCrashLoopBacksOff() {
        issuer.rule = name -> {
            throw new Crash();
        };
        for (int i = 0; i < 100; i++) {
            Threads threads = time.mortal();
            start(proxy, threads, issuer);
            try {
                time.pass(Duration.ofSeconds(3));
            } catch (Crash e) {
                threads.close();
            }
            threads.close();
            time.pass(Duration.ofSeconds(3));
        }
        assertThat(issuer.orders).hasSizeBetween(3, 8);
        issuer.rule = name -> {};
        start(proxy);
        time.pass(Duration.ofHours(1));
        assertThat(proxy.status(NAME).state()).isEqualTo(State.ISSUED);
    }

    @Test
    void aCrashLoopOfFailuresGoesOnWithTheSchedule() {
        issuer.rule = name -> {
            throw FakeIssuer.failure(Kind.NOT_VALIDATED, NAME + ": no such host");
        };
        for (int i = 0; i < 100; i++) {
            Threads threads = time.mortal();
            start(proxy, threads, issuer);
            time.pass(Duration.ofSeconds(6));
            threads.close();
        }
        // at 0, 1, 3, 5 and 10 minutes
        assertThat(issuer.orders).hasSizeBetween(4, 5);
    }

    @Test
    void triesTheStagingEnvironmentFirstAfterAFailedValidation() {
        FakeIssuer staging = new FakeIssuer("staging", time);
        issuer.staging = Optional.of(staging);
        issuer.rule = name -> {
            throw FakeIssuer.failure(Kind.NOT_VALIDATED, NAME + ": no such host");
        };
        staging.rule = issuer.rule;
        start(proxy);
        time.pass(Duration.ofHours(3));
        assertThat(issuer.orders).hasSize(1);
        assertThat(staging.orders).hasSizeBetween(10, 14);
        issuer.rule = name -> {};
        staging.rule = issuer.rule;
        time.pass(Duration.ofHours(1));
        assertThat(issuer.orders).hasSize(2);
        assertThat(issuer.orders.get(1).at())
                .isEqualTo(staging.orders.get(staging.orders.size() - 1).at());
        assertThat(proxy.status(NAME).state()).isEqualTo(State.ISSUED);
    }

    @Test
    void waitsAsLongAsTheCaSays() {
        issuer.rule = name -> {
            throw new IssueException(Kind.RATE_LIMITED, NAME + ": too many", Optional.of(START.plus(days(2))), null);
        };
        start(proxy);
        time.pass(days(2).minusMinutes(1));
        assertThat(issuer.orders).hasSize(1);
        assertThat(proxy.status(NAME).until()).contains(START.plus(days(2)));
        time.pass(Duration.ofMinutes(2));
        assertThat(issuer.orders).hasSize(2);
    }

    @Test
    void asksTheNextCaWhereTheFirstRefuses() {
        FakeIssuer second = new FakeIssuer("second", time);
        issuer.rule = name -> {
            throw FakeIssuer.failure(Kind.RATE_LIMITED, NAME + ": too many");
        };
        start(proxy, time, issuer, second);
        time.pass(Duration.ofSeconds(1));
        assertThat(proxy.status(NAME).state()).isEqualTo(State.ISSUED);
        assertThat(second.orders).hasSize(1);
    }

    @Test
    void stopsForGoodWhereTheCaWillNeverSign() {
        issuer.rule = name -> {
            throw FakeIssuer.failure(Kind.FOR_GOOD, NAME + ": forbidden by policy");
        };
        start(proxy);
        time.pass(days(40));
        assertThat(issuer.orders).hasSize(1);
        assertThat(proxy.status(NAME).state()).isEqualTo(State.FAILED_FOR_GOOD);
        assertThat(proxy.status(NAME).problem()).contains(NAME + ": forbidden by policy");
    }

    @Test
    void servesFromMemoryWhatTheStoreCanNotKeepAndSavesItLater() throws Exception {
        store.full = true;
        store.probeLies = true;
        start(proxy);
        time.pass(days(1));
        assertThat(issuer.orders).hasSize(1);
        assertThat(store.load(NAME)).isEmpty();
        assertThat(proxy.status(NAME).state()).isEqualTo(State.ISSUED);
        store.full = false;
        time.pass(Duration.ofMinutes(10));
        assertThat(store.load(NAME)).contains(served());
        assertThat(issuer.orders).hasSize(1);
    }

    @Test
    void ordersNothingItCanNotKeepUnlessTheCertificateIsAboutToExpire() throws Exception {
        CertifiedKey stored = FakeIssuer.certificate(NAME, START.minus(days(80)), START.plus(days(10)));
        store.save(NAME, stored);
        store.full = true;
        start(proxy);
        time.pass(days(5));
        assertThat(issuer.orders).isEmpty();
        assertThat(store.probes).isLessThan(60);
        assertThat(served()).isSameAs(stored);
        assertThat(proxy.status(NAME).problem())
                .contains(
                        NAME
                                + ": not ordered, as the store could not keep the certificate: store: no space left; make some");
        time.pass(days(4));
        assertThat(served().notAfter()).isAfter(START.plus(days(90)));
        assertThat(issuer.orders).hasSize(1);
    }

    @Test
    void servesWhatAnotherProcessRenewed() throws Exception {
        FakeProxy other = new FakeProxy(store, Set.of(NAME));
        AcmeManager first = start(proxy);
        start(other);
        time.pass(Duration.ofMinutes(1));
        assertThat(issuer.orders).hasSize(1);
        time.pass(days(70));
        assertThat(issuer.orders).hasSize(2);
        assertThat(other.served).isEqualTo(proxy.served);
        first.close();
    }

    @Test
    void looksAgainWhereAnotherProcessHoldsTheLock() throws Exception {
        CertificateStore.Lease lease = store.tryLock(NameRecords.lock(NAME)).orElseThrow();
        start(proxy);
        time.pass(Duration.ofMinutes(2));
        assertThat(issuer.orders).isEmpty();
        lease.close();
        time.pass(Duration.ofSeconds(31));
        assertThat(issuer.orders).hasSize(1);
    }

    @Test
    void servesWithinSecondsWhatAnotherProcessThatHoldsTheLockHasGot() throws Exception {
        CertificateStore.Lease lease = store.tryLock(NameRecords.lock(NAME)).orElseThrow();
        start(proxy);
        time.pass(Duration.ofSeconds(40));
        CertifiedKey theirs = FakeIssuer.certificate(NAME, START, START.plus(days(90)));
        store.save(NAME, theirs);
        lease.close();
        time.pass(Duration.ofSeconds(2));
        assertThat(served()).isSameAs(theirs);
        assertThat(issuer.orders).isEmpty();
    }

    @Test
    void looksSeldomWhereAnotherProcessHoldsTheLockForHours() throws Exception {
        CertificateStore.Lease lease = store.tryLock(NameRecords.lock(NAME)).orElseThrow();
        start(proxy);
        time.pass(Duration.ofHours(3));
        int before = store.loads;
        time.pass(Duration.ofHours(1));
        assertThat(store.loads - before).isBetween(60, 400);
        lease.close();
    }

    @Test
    void servesWithinSecondsWhatAnotherProcessWasOrderingWhenThisOneStarted() {
        FakeProxy late = new FakeProxy(store, Set.of(NAME));
        issuer.rule = name -> {
            issuer.rule = other -> {};
            start(late);
            time.pass(Duration.ofSeconds(3)); // the order takes so long
        };
        start(proxy);
        time.pass(Duration.ofSeconds(6));
        assertThat(issuer.orders).hasSize(1);
        assertThat(late.served).isEqualTo(proxy.served).isNotEmpty();
        assertThat(late.states(NAME)).doesNotContain(State.ORDERING).endsWith(State.LOADED);
    }

    @Test
    void statusesBeginWithTheName() {
        issuer.rule = name -> {
            throw FakeIssuer.failure(Kind.CA_UNAVAILABLE, "account at ca.example for " + NAME + ": no answer");
        };
        start(proxy);
        time.pass(Duration.ofSeconds(1));
        assertThat(proxy.status(NAME).problem()).contains(NAME + ": account at ca.example for " + NAME + ": no answer");
    }

    @Test
    void startsAfreshAndConservativelyWhereTheRecordIsDamaged() throws Exception {
        store.write("acme/names/" + NAME + ".properties", "\u0000rubbish".getBytes(StandardCharsets.UTF_8));
        start(proxy);
        time.pass(Duration.ofSeconds(50));
        assertThat(issuer.orders).isEmpty();
        time.pass(Duration.ofSeconds(20));
        assertThat(issuer.orders).hasSize(1);
    }

    @Test
    void standsClocksThatAreWrongAndJump() {
        start(proxy);
        time.pass(Duration.ofMinutes(1));
        for (Duration jump : List.of(minutes(10), minutes(-10), days(-300), days(300), minutes(-10), minutes(10))) {
            time.jump(jump);
            time.pass(Duration.ofHours(2));
        }
        assertThat(issuer.orders).hasSize(1);
        time.jump(days(4000));
        time.pass(Duration.ofMinutes(1));
        assertThat(issuer.orders).hasSize(2);
        time.jump(days(-4000));
        time.pass(days(2));
        assertThat(served().notAfter()).isAfter(time.instant());
        assertThat(issuer.orders).hasSizeBetween(2, 3);
    }

    @Test
    void doesNotWaitForATimeThatAWrongClockHasSet() {
        time.jump(days(4000));
        issuer.rule = name -> {
            throw FakeIssuer.failure(Kind.NOT_VALIDATED, NAME + ": no such host");
        };
        start(proxy);
        time.pass(Duration.ofSeconds(1));
        issuer.rule = name -> {};
        time.jump(days(-4000));
        time.pass(Duration.ofMinutes(1));
        assertThat(proxy.status(NAME).state()).isEqualTo(State.ISSUED);
    }

    @Test
    void goesOnAfterADefect() {
        Random random = new Random(3);
        issuer.window = leaf -> {
            if (random.nextInt(3) > 0) {
                throw new IllegalStateException("a defect");
            }
            return Optional.empty();
        };
        issuer.rule = name -> {
            if (random.nextInt(3) > 0) {
                throw new IllegalStateException("a defect");
            }
        };
        start(proxy);
        time.pass(days(100));
        assertThat(proxy.status(NAME).state()).isEqualTo(State.ISSUED);
        assertThat(served().notAfter()).isAfter(time.instant());
    }

    @Test
    void refusesAListWithoutACaAndASecondStart() {
        assertThatThrownBy(() -> start(proxy, time))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("issuers: [] (expected: at least one, each CA once)");
        AcmeManager manager = start(proxy);
        assertThatThrownBy(() -> manager.start(proxy))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("certificate manager: started or closed before; one serves one proxy, once");
    }

    private static final class Crash extends Error {
        private static final long serialVersionUID = 1L;
    }

    private CertifiedKey served() {
        return java.util.Objects.requireNonNull(proxy.served.get(NAME));
    }

    private AcmeManager start(FakeProxy proxy) {
        return start(proxy, time, issuer);
    }

    private AcmeManager start(FakeProxy proxy, Threads threads, FakeIssuer... issuers) {
        AcmeManager manager = new AcmeManager(List.of(issuers), time, new Random(1), threads, LifeSettings.DEFAULTS);
        manager.start(proxy);
        return manager;
    }

    private static Duration days(int days) {
        return Duration.ofDays(days);
    }

    private static Duration minutes(int minutes) {
        return Duration.ofMinutes(minutes);
    }
}
