package dev.tlsproxy.acme.internal.life;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.acme.internal.order.AcmeIssuer;
import dev.tlsproxy.acme.internal.order.TestIssuers;
import dev.tlsproxy.acme.testing.FakeCa;
import dev.tlsproxy.acme.testing.FakeCa.Answer;
import dev.tlsproxy.internal.store.FileCertificateStore;
import dev.tlsproxy.spi.CertificateStatus.State;
import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.CertifiedKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A name whose CA, clock or store fails for days: the whole way from the manager to the CA's socket, by a manual clock. */
@Timeout(120)
class FaultsOfACaTest {

    private static final String NAME = "api.example.com";
    private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");
    private static final Duration LIFETIME = Duration.ofDays(90);

    private final ManualTime time = new ManualTime(START);
    private final FakeCa ca = new FakeCa();

    @AfterEach
    void stop() {
        time.close();
        ca.close();
    }

    static Stream<Arguments> faults() {
        return Stream.of(
                fault("a CA that is down", 0, FakeCa::down),
                fault("HTTP 503 for its directory", 0, ca -> ca.always("dir", Answer.html(503, Map.of()))),
                fault("HTTP 500 with HTML", 45, ca -> ca.always("new-order", Answer.html(500, Map.of()))),
                fault("429 with Retry-After in seconds", 4, ca -> ca.always("new-order", rateLimited("86400"))),
                fault(
                        "429 with Retry-After as a date",
                        4,
                        ca -> ca.always(
                                "new-order", rateLimited(date(Instant.now().plusSeconds(86_400))))),
                fault(
                        "429 with Retry-After in the past",
                        45,
                        ca -> ca.always("new-order", rateLimited(date(Instant.EPOCH)))),
                fault(
                        "badNonce without end",
                        45 * 20,
                        ca -> ca.always("new-order", Answer.problem(400, "badNonce", "bad", Map.of()))),
                fault(
                        "alreadyReplaced for a new order",
                        45,
                        ca -> ca.always("new-order", Answer.problem(409, "alreadyReplaced", "was", Map.of()))),
                fault("an order that stays in processing", 45, ca -> {
                    ca.orders().finalStatus = "processing";
                    ca.orders().pollHeaders = Map.of("Retry-After", "60");
                }),
                fault("an order that becomes invalid", 45, ca -> {
                    ca.orders().finalStatus = "invalid";
                    ca.orders().orderExtra =
                            ",\"error\":{\"type\":\"urn:ietf:params:acme:error:unauthorized\",\"detail\":\"no\"}";
                }));
    }

    private static Arguments fault(String what, int mostOrders, Consumer<FakeCa> fault) {
        return Arguments.of(what, mostOrders, fault);
    }

    private static Answer rateLimited(String retryAfter) {
        return Answer.problem(429, "rateLimited", "too many", Map.of("Retry-After", retryAfter));
    }

    /** What was stored is served for three days, the CA is asked seldom, and a day after it has recovered all is well. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("faults")
    void servesTheOldCertificateAsksSeldomAndRenewsAfterwards(String what, int mostOrders, Consumer<FakeCa> fault)
            throws Exception {
        CertificateStore store = CertificateStore.inMemory();
        CertifiedKey old = dueSoon(store);
        fault.accept(ca);
        FakeProxy proxy = start(store);
        for (int hour = 0; hour < 72; hour++) {
            long before = ca.requests();
            time.pass(Duration.ofHours(1));
            // the first hour has eleven tries, of at most twenty requests each
            assertThat(ca.requests() - before)
                    .as(what + ", requests in hour " + hour)
                    .isLessThan(400);
            assertThat(served(proxy)).isSameAs(old);
        }
        assertThat(ca.requests("new-order")).isLessThanOrEqualTo(mostOrders);
        assertThat(ca.requests("dir")).isBetween(1L, 150L); // the JDK's client repeats a GET that got no answer
        assertThat(proxy.status(NAME).state()).isEqualTo(State.BACKING_OFF);
        assertThat(proxy.status(NAME).problem().orElseThrow()).contains(NAME + ": ");

        ca.heal();
        time.pass(Duration.ofHours(25));
        assertThat(served(proxy).notAfter()).isAfter(START.plus(LIFETIME));
        assertThat(proxy.status(NAME).state()).isEqualTo(State.ISSUED);
        assertThat(store.load(NAME)).contains(served(proxy));
    }

    @Test
    void startsWithoutACertificateWhileTheCaIsDownAndIsServedWithinAMinuteOfItsFirstRecovery() {
        ca.down();
        FakeProxy proxy = start(CertificateStore.inMemory());
        time.pass(Duration.ofSeconds(30));
        assertThat(proxy.served).isEmpty();
        assertThat(proxy.status(NAME).state()).isEqualTo(State.BACKING_OFF);
        assertThat(proxy.status(NAME).problem().orElseThrow())
                .startsWith(NAME + ": " + ca.directory() + " can't be reached: ");
        ca.heal();
        time.pass(Duration.ofMinutes(1));
        assertThat(proxy.status(NAME).state()).isEqualTo(State.ISSUED);
        assertThat(ca.requests("new-order")).isEqualTo(1);
    }

    @Test
    void badNoncesNineInARowCostNoTry() throws Exception {
        CertificateStore store = CertificateStore.inMemory();
        dueSoon(store);
        Answer[] nine = Collections.nCopies(9, Answer.problem(400, "badNonce", "bad", Map.of()))
                .toArray(Answer[]::new);
        for (String endpoint : List.of("new-account", "new-order", "authz", "chall", "finalize", "cert")) {
            ca.script(endpoint, nine);
        }
        FakeProxy proxy = start(store);
        time.pass(Duration.ofSeconds(30));
        assertThat(proxy.status(NAME).state()).isEqualTo(State.ISSUED);
        assertThat(ca.requests("new-order")).isEqualTo(10);
    }

    @Test
    void aBodyThatStallsEndsTheTryAndNotTheName() throws Exception {
        CertificateStore store = CertificateStore.inMemory();
        CertifiedKey old = dueSoon(store);
        ca.always("new-order", Answer.stall());
        FakeProxy proxy = start(store, Duration.ofSeconds(2));
        time.pass(Duration.ofMinutes(4));
        assertThat(ca.requests("new-order")).isBetween(2L, 3L); // at 0, 1 and 3 minutes
        assertThat(served(proxy)).isSameAs(old);
        assertThat(proxy.status(NAME).problem().orElseThrow()).contains("no complete answer within 2 s");
        ca.heal();
        time.pass(Duration.ofMinutes(5));
        assertThat(proxy.status(NAME).state()).isEqualTo(State.ISSUED);
    }

    @Test
    void alreadyReplacedCostsOneRequestMore() {
        ca.orders().renewalInfo = true;
        ca.orders().pollHeaders = Map.of("Retry-After", "86400");
        FakeProxy proxy = start(CertificateStore.inMemory());
        time.pass(Duration.ofSeconds(30));
        CertifiedKey first = served(proxy);
        ca.script("new-order", Answer.problem(409, "alreadyReplaced", "was replaced", Map.of()));
        time.pass(Duration.ofDays(86)); // the window of this CA is in 2030, so it is renewed when it is about to expire
        assertThat(served(proxy).notAfter()).isAfter(first.notAfter());
        assertThat(ca.requests("new-order")).isEqualTo(3);
        assertThat(ca.orders().ordered).hasSize(2);
    }

    @ParameterizedTest(name = "{0} minutes ahead of the CA")
    @ValueSource(ints = {10, -10})
    void aClockTenMinutesOffIsNoHindrance(int minutes) {
        FakeProxy proxy = start(CertificateStore.inMemory());
        InstantSource theirs = () -> time.instant().minus(Duration.ofMinutes(minutes));
        ca.orders().clock = theirs;
        time.pass(Duration.ofSeconds(30));
        CertifiedKey first = served(proxy);
        assertThat(proxy.status(NAME).state()).isEqualTo(State.ISSUED);
        time.pass(Duration.ofDays(59));
        assertThat(served(proxy)).isSameAs(first);
        time.pass(Duration.ofDays(2));
        assertThat(served(proxy).notAfter()).isAfter(first.notAfter());
        assertThat(ca.requests("new-order")).isEqualTo(2);
    }

    @Test
    void aStoreThatCanNotBeWrittenHoldsTheOrderBackAndNotTheOldCertificate() throws Exception {
        FlakyStore store = new FlakyStore();
        CertifiedKey old = dueSoon(store);
        store.full = true;
        FakeProxy proxy = start(store);
        time.pass(Duration.ofDays(3));
        assertThat(served(proxy)).isSameAs(old);
        assertThat(ca.requests()).isZero();
        assertThat(store.probes).isLessThan(45);
        store.full = false;
        time.pass(Duration.ofHours(6));
        assertThat(store.load(NAME).orElseThrow().notAfter()).isAfter(START.plus(LIFETIME));
    }

    @Test
    void aStoreThatCanOnlyBeReadStillRenewsInMemoryBeforeTheCertificateExpires() throws Exception {
        FlakyStore store = new FlakyStore();
        FakeProxy before = start(store);
        time.pass(Duration.ofMinutes(1));
        CertifiedKey first = served(before);
        store.full = true; // the account is there
        time.pass(Duration.ofDays(89));
        assertThat(served(before).notAfter()).isAfter(first.notAfter());
        assertThat(ca.requests("new-order")).isEqualTo(2);
        assertThat(ca.requests("new-account")).isEqualTo(1);
        store.full = false;
        time.pass(Duration.ofHours(1));
        assertThat(store.load(NAME)).contains(served(before));
    }

    @ParameterizedTest(name = "read-only: {0}")
    @ValueSource(booleans = {false, true})
    void anAccountThatTheStoreCanNotKeepIsMadeOnceAndSavedLater(boolean readOnly) throws Exception {
        FlakyStore store = new FlakyStore();
        CertifiedKey old =
                FakeIssuer.certificate(NAME, START.minus(Duration.ofDays(88)), START.plus(Duration.ofDays(2)));
        store.save(NAME, old);
        store.full = true;
        store.readOnly = readOnly;
        FakeProxy proxy = start(store);
        time.pass(Duration.ofHours(1));
        CertifiedKey first = served(proxy);
        assertThat(first.notAfter()).isAfter(old.notAfter());
        time.pass(Duration.ofDays(90));
        assertThat(served(proxy).notAfter()).isAfter(first.notAfter());
        assertThat(ca.requests("new-order")).isEqualTo(2);

        store.full = false;
        time.pass(Duration.ofDays(90));
        FakeProxy restarted = start(store);
        time.pass(Duration.ofDays(90));
        assertThat(served(restarted)).isEqualTo(served(proxy));
        assertThat(ca.requests("new-account")).isEqualTo(1);
    }

    @Test
    void aStoreDirectoryThatCanNotBeMadeIsToldAndTriedAgain(@TempDir Path directory) throws Exception {
        Path inTheWay = Files.writeString(directory.resolve("store"), "a file");
        FakeProxy proxy = start(new FileCertificateStore(inTheWay));
        time.pass(Duration.ofHours(1));
        assertThat(proxy.status(NAME).state()).isEqualTo(State.BACKING_OFF);
        assertThat(proxy.status(NAME).problem().orElseThrow())
                .startsWith(NAME + ": not ordered, as the store could not keep the certificate: ")
                .contains("is a file");
        assertThat(ca.requests()).isZero();
        Files.delete(inTheWay);
        time.pass(Duration.ofHours(1));
        assertThat(proxy.status(NAME).state()).isEqualTo(State.ISSUED);
        assertThat(inTheWay.resolve(NAME + ".pem")).exists();
    }

    private static CertifiedKey dueSoon(CertificateStore store) throws Exception {
        CertifiedKey old =
                FakeIssuer.certificate(NAME, START.minus(Duration.ofDays(80)), START.plus(Duration.ofDays(10)));
        store.save(NAME, old);
        return old;
    }

    private FakeProxy start(CertificateStore store) {
        return start(store, Duration.ofSeconds(20));
    }

    private FakeProxy start(CertificateStore store, Duration exchange) {
        ca.orders().clock = time;
        ca.orders().lifetime = LIFETIME;
        FakeProxy proxy = new FakeProxy(store, Set.of(NAME));
        AcmeIssuer issuer = TestIssuers.of(ca.directory(), store, time, this::pause, exchange);
        new AcmeManager(List.of(issuer), time, new Random(1), time, LifeSettings.DEFAULTS).start(proxy);
        return proxy;
    }

    private void pause(Duration wait) {
        assertThat(wait).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
        time.jump(wait);
    }

    private static CertifiedKey served(FakeProxy proxy) {
        return Objects.requireNonNull(proxy.served.get(NAME));
    }

    private static String date(Instant instant) {
        return DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.ofInstant(instant, ZoneOffset.UTC));
    }
}
