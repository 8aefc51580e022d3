package dev.tlsproxy.acme.internal.order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tlsproxy.acme.internal.order.IssueException.Kind;
import dev.tlsproxy.acme.spi.ChallengeSolver;
import dev.tlsproxy.acme.spi.ChallengeType;
import dev.tlsproxy.acme.spi.KeyType;
import dev.tlsproxy.acme.testing.FakeCa;
import dev.tlsproxy.acme.testing.FakeCa.Answer;
import dev.tlsproxy.internal.tls.ChallengeTable;
import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.spi.ChallengePort;
import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a CA may do to an issuer; every wait is recorded, so that a tight loop shows. */
class AcmeIssuerTest {

    private static final String NAME = "a.example.com";
    private static final Answer BAD_NONCE = Answer.problem(400, "badNonce", "bad", Map.of());

    private final FakeCa ca = new FakeCa();
    private final CertificateStore store = CertificateStore.inMemory();
    private final List<Duration> pauses = new ArrayList<>();
    private final Set<String> presented = ConcurrentHashMap.newKeySet();
    private final List<String> everPresented = Collections.synchronizedList(new ArrayList<>());
    private Instant now = Instant.parse("2027-03-01T12:00:00Z");
    private Duration exchange = Duration.ofSeconds(10);
    private Set<ChallengeType> types = EnumSet.of(ChallengeType.HTTP_01);
    private Optional<ChallengeSolver> solver = Optional.empty();

    @AfterEach
    void stop() {
        ca.close();
        assertThat(presented).as("challenges left behind").isEmpty();
        assertThat(pauses).allMatch(pause -> pause.compareTo(Duration.ofSeconds(1)) >= 0);
    }

    @Test
    void issuesWithANewKeyAndOneAccount() throws Exception {
        try (AcmeIssuer issuer = issuer()) {
            CertifiedKey first = issuer.issue(NAME, Optional.empty());
            CertifiedKey second = issuer.issue(NAME, Optional.empty());
            assertThat(first.names()).containsExactly(NAME);
            assertThat(second.privateKey()).isNotEqualTo(first.privateKey());
        }
        assertThat(ca.requests("new-account")).isEqualTo(1);
        assertThat(ca.requests("dir")).isEqualTo(1);
    }

    @Test
    void survivesNineBadNoncesInARow() throws Exception {
        ca.script("new-order", Collections.nCopies(9, BAD_NONCE).toArray(Answer[]::new));
        issue();
        assertThat(ca.requests("new-order")).isEqualTo(10);
    }

    @Test
    void survivesNineteenBadNoncesInARow() throws Exception {
        ca.script("new-order", Collections.nCopies(19, BAD_NONCE).toArray(Answer[]::new));
        issue();
        assertThat(ca.requests("new-order")).isEqualTo(20);
    }

    @Test
    void givesUpAfterTwentyBadNonces() {
        ca.script("new-order", Collections.nCopies(20, BAD_NONCE).toArray(Answer[]::new));
        IssueException failure = failure();
        assertThat(failure.kind()).isEqualTo(Kind.CA_UNAVAILABLE);
        assertThat(failure)
                .hasMessage(
                        "a.example.com: badNonce: bad (expected: no error; tried again later, look at the CA's status"
                                + " page)");
        assertThat(ca.requests("new-order")).isEqualTo(20);
    }

    @Test
    void survivesBadNoncesWithoutANewOne() throws Exception {
        Answer bad = BAD_NONCE.withoutNonce();
        ca.script("new-order", bad, bad, bad);
        issue();
    }

    @Test
    void survivesAnswersWithoutNonce() throws Exception {
        ca.script("finalize", Answer.html(500, Map.of()).withoutNonce());
        assertThat(failure().kind()).isEqualTo(Kind.CA_UNAVAILABLE);
        issue();
    }

    @Test
    void keepsRetryAfterInSeconds() {
        ca.script("new-order", Answer.problem(429, "rateLimited", "too many", Map.of("Retry-After", "3600")));
        IssueException failure = failure();
        assertThat(failure.kind()).isEqualTo(Kind.RATE_LIMITED);
        assertThat(failure.notBefore()).contains(now.plusSeconds(3600));
        assertThat(failure)
                .hasMessage("a.example.com: rateLimited: too many (expected: fewer certificates and failures; tried"
                        + " again when the CA allows it)");
        assertThat(ca.requests("new-order")).isEqualTo(1);
    }

    @Test
    void keepsRetryAfterAsADateByTheClockOfTheCa() {
        Instant theirs = Instant.now(); // the server's Date is the real one, a long way from the issuer's clock
        ca.script("new-order", Answer.html(429, Map.of("Retry-After", date(theirs.plusSeconds(120)))));
        IssueException failure = failure();
        assertThat(failure.kind()).isEqualTo(Kind.RATE_LIMITED);
        assertThat(failure.notBefore().orElseThrow()).isBetween(now.plusSeconds(110), now.plusSeconds(121));
    }

    @Test
    void keepsRetryAfterOfAnUnavailableCa() {
        ca.script("dir", Answer.html(503, Map.of("Retry-After", "60")));
        IssueException failure = failure();
        assertThat(failure.kind()).isEqualTo(Kind.CA_UNAVAILABLE);
        assertThat(failure.notBefore()).contains(now.plusSeconds(60));
        assertThat(failure)
                .hasMessage(
                        "a.example.com: " + ca.directory() + " answered HTTP 503 without a reason (expected: an ACME"
                                + " answer; look at the CA's status page, or whether that is its directory)");
    }

    @Test
    void asksInStepsWhenRetryAfterIsPast() {
        ca.orders().finalStatus = "processing";
        ca.orders().pollHeaders = Map.of("Retry-After", date(Instant.EPOCH));
        assertThat(failure().kind()).isEqualTo(Kind.CA_UNAVAILABLE);
        assertThat(pauses).hasSizeBetween(290, 300).containsOnly(Duration.ofSeconds(1));
    }

    @Test
    void waitsAsLongAsTheCaAsks() {
        ca.orders().finalStatus = "processing";
        ca.orders().pollHeaders = Map.of("Retry-After", "30");
        assertThat(failure().kind()).isEqualTo(Kind.CA_UNAVAILABLE);
        assertThat(pauses).hasSize(10).containsOnly(Duration.ofSeconds(30));
    }

    @Test
    void givesUpAnOrderThatIsStuckInProcessing() {
        ca.orders().finalStatus = "processing";
        assertThat(failure())
                .hasMessage("a.example.com: order: the CA still says \"PROCESSING\" (expected: a decision within 5"
                        + " minutes; look at the CA's status page)");
        assertThat(ca.requests("order")).isLessThan(40);
    }

    @Test
    void toleratesAPassingFailureInTheMiddle() throws Exception {
        ca.script("authz", Answer.html(502, Map.of()), Answer.html(500, Map.of()));
        ca.script("cert", Answer.html(502, Map.of()));
        issue();
        assertThat(ca.requests("new-order")).isEqualTo(1);
    }

    @Test
    void givesUpAStalledBody() {
        exchange = Duration.ofSeconds(3); // of which a cold JVM needs a part for the answers before
        ca.script("new-order", Answer.stall());
        IssueException failure = failure();
        assertThat(failure.kind()).isEqualTo(Kind.CA_UNAVAILABLE);
        assertThat(failure).hasMessageContaining("can't be reached: no complete answer within");
    }

    @Test
    void saysWhyAnOrderIsInvalid() {
        ca.orders().finalStatus = "invalid";
        ca.orders().orderExtra =
                ",\"error\":{\"type\":\"urn:ietf:params:acme:error:caa\",\"detail\":\"CAA\\nforbids\"}";
        IssueException failure = failure();
        assertThat(failure.kind()).isEqualTo(Kind.NOT_VALIDATED);
        assertThat(failure)
                .hasMessage(
                        "a.example.com: caa: CAA forbids (expected: a CAA record of that name that allows this CA, or"
                                + " none)");
    }

    @Test
    void presentsNothingWhereTheAuthorizationIsReused() throws Exception {
        ca.orders().authorizationStatus = "valid";
        issue();
        assertThat(everPresented).isEmpty();
        assertThat(ca.requests("chall")).isZero();
    }

    @Test
    void triesEachChallengeTypeOncePerNameAndSaysWhereTheLastWent() {
        types = EnumSet.of(ChallengeType.HTTP_01, ChallengeType.TLS_ALPN_01);
        ca.orders().failing.addAll(Set.of("http-01", "tls-alpn-01"));
        IssueException failure = failure();
        assertThat(failure.kind()).isEqualTo(Kind.NOT_VALIDATED);
        assertThat(failure.getMessage())
                .endsWith("-01: connection: Connection refused; a.example.com: dns: no AAAA; tried 203.0.113.7:80"
                        + " (expected: that ports 80 and 443 of that name's addresses reach this proxy from the"
                        + " Internet: look at firewall, router and AAAA records)");
        assertThat(everPresented).containsExactlyInAnyOrder("http-01", "tls-alpn-01");
        assertThat(ca.requests("new-order")).isEqualTo(2);
        assertThat(pauses).containsExactly(Duration.ofSeconds(1));
    }

    @Test
    void ordersWithoutReplacesWhatWasReplacedAlready() throws Exception {
        ca.orders().renewalInfo = true;
        try (AcmeIssuer issuer = issuer()) {
            CertifiedKey first = issuer.issue(NAME, Optional.empty());
            ca.script("new-order", Answer.problem(409, "alreadyReplaced", "was replaced", Map.of()));
            issuer.issue(NAME, Optional.of(first.leaf()));
            issuer.issue(NAME, Optional.of(first.leaf()));
        }
        assertThat(ca.orders().ordered.stream().map(order -> order.containsKey("replaces")))
                .containsExactly(false, false, true);
    }

    @Test
    void registersAgainOnceWhereTheAccountIsLost() throws Exception {
        try (AcmeIssuer issuer = issuer()) {
            issuer.issue(NAME, Optional.empty());
            ca.forgetAccounts();
            issuer.issue(NAME, Optional.empty());
            assertThat(ca.requests("new-account")).isEqualTo(2);
            Answer lost = Answer.problem(400, "accountDoesNotExist", "gone", Map.of());
            ca.script("new-order", lost, lost);
            assertThat(catchThrowableOfType(IssueException.class, () -> issuer.issue(NAME, Optional.empty())))
                    .hasMessageStartingWith("a.example.com: accountDoesNotExist: gone");
            assertThat(ca.requests("new-account")).isEqualTo(3);
        }
    }

    @Test
    void twoProcessesThatRegisterAtOnceMakeOneAccount() throws Exception {
        CountDownLatch bothWantTheLock = new CountDownLatch(2);
        ca.onNewAccount(() -> await(bothWantTheLock));
        ca.always("new-order", Answer.problem(429, "rateLimited", "too many", Map.of())); // registered is enough
        CertificateStore shared = new LockCountingStore(store, bothWantTheLock);
        ExecutorService processes = Executors.newFixedThreadPool(2);
        try {
            List<Future<IssueException>> failures = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                failures.add(processes.submit(() -> {
                    try (AcmeIssuer issuer = TestIssuers.of(
                            ca.directory(), shared, Clock.systemUTC(), Pause.SLEEP, Duration.ofSeconds(20))) {
                        return catchThrowableOfType(IssueException.class, () -> issuer.issue(NAME, Optional.empty()));
                    }
                }));
            }
            for (Future<IssueException> failure : failures) {
                assertThat(failure.get(60, TimeUnit.SECONDS).kind()).isEqualTo(Kind.RATE_LIMITED);
            }
        } finally {
            processes.shutdownNow();
        }
        assertThat(ca.requests("new-account")).isEqualTo(1);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void takesChallengesBackWhenInterrupted() throws Exception {
        Thread caller = Thread.currentThread();
        ca.orders().onChallenge = caller::interrupt;
        try (AcmeIssuer issuer = issuer()) {
            catchThrowableOfType(InterruptedException.class, () -> issuer.issue(NAME, Optional.empty()));
            assertThat(Thread.interrupted()).as("told by the exception instead").isFalse();
        }
        assertThat(everPresented).containsExactly("http-01");
        assertThat(presented).isEmpty();
    }

    @Test
    void saysThatItIsNoAcmeDirectory() {
        ca.script("dir", new Answer(200, Map.of("Content-Type", "text/html"), "<h1>Shop</h1>", false, false));
        assertThat(failure())
                .hasMessage(
                        "a.example.com: " + ca.directory() + " gave no ACME answer: Unexpected content type: text/html"
                                + " (expected: the directory of an ACME CA)");
    }

    @Test
    void givesUpAnAnswerWithoutEnd() {
        String huge = "-----BEGIN CERTIFICATE-----\n" + "A".repeat(1 << 20);
        ca.always(
                "cert",
                new Answer(200, Map.of("Content-Type", "application/pem-certificate-chain"), huge, true, false));
        IssueException failure = failure();
        assertThat(failure.kind()).isEqualTo(Kind.CA_UNAVAILABLE);
        assertThat(failure).hasMessageContaining("answer is longer than 1048576 bytes");
    }

    @Test
    void presentsNoTokenThatIsAPath() {
        ca.orders().token = "../../admin";
        IssueException failure = failure();
        assertThat(failure.kind()).isEqualTo(Kind.CA_UNAVAILABLE);
        assertThat(failure).hasMessageStartingWith("a.example.com: " + ca.directory() + " gave no ACME answer: ");
        assertThat(everPresented).isEmpty();
    }

    @Test
    void takesBackWhatAFailingSolverMayHavePresentedAndTellsItsFailure() {
        types = EnumSet.of(ChallengeType.DNS_01);
        List<String> calls = new ArrayList<>();
        solver = Optional.of(new BrokenSolver(calls));
        IssueException failure = failure();
        assertThat(failure.kind()).as("not the CA's fault").isEqualTo(Kind.NOT_VALIDATED);
        assertThat(failure)
                .hasMessage("a.example.com: the answer to dns-01 can't be given: the solver of this test broke off with"
                        + " java.lang.IllegalStateException: no API token (expected: a ChallengeSolver that works for"
                        + " this name)");
        assertThat(calls)
                .containsExactly("present _acme-challenge.a.example.com", "cleanUp _acme-challenge.a.example.com");
        assertThat(ca.requests("chall")).isZero();
    }

    private record BrokenSolver(List<String> calls) implements ChallengeSolver {

        @Override
        public void present(String recordName, String value) {
            calls.add("present " + recordName);
            throw new IllegalStateException("no API token");
        }

        @Override
        public void cleanUp(String recordName, String value) {
            calls.add("cleanUp " + recordName);
            throw new IllegalStateException("no API token");
        }

        @Override
        public String toString() {
            return "the solver of this test";
        }
    }

    @Test
    void renewalInformationThatCanNotBeHadIsTold() throws Exception {
        ca.orders().renewalInfo = true;
        try (AcmeIssuer issuer = issuer()) {
            CertifiedKey key = issuer.issue(NAME, Optional.empty());
            ca.script("ari", Answer.html(404, Map.of()));
            assertThat(issuer.renewalWindow(key.leaf())).as("not known there").isEmpty();
            ca.script("ari", Answer.html(503, Map.of("Retry-After", "600")));
            IssueException failure = catchThrowableOfType(IssueException.class, () -> issuer.renewalWindow(key.leaf()));
            assertThat(failure.notBefore()).contains(now.plusSeconds(600));
            ca.orders().window = "{\"start\":\"2030-01-02T00:00:00Z\",\"end\":\"2030-01-01T00:00:00Z\"}";
            assertThat(catchThrowableOfType(IssueException.class, () -> issuer.renewalWindow(key.leaf())))
                    .hasMessageContaining("the suggested window ends before it starts");
        }
    }

    @Test
    void saysThatNothingListens() {
        URI directory = ca.directory();
        ca.close();
        assertThat(failure()).hasMessageStartingWith("a.example.com: " + directory + " can't be reached: ");
    }

    @Test
    void asksForRenewalInformationWithinADay() throws Exception {
        try (AcmeIssuer issuer = issuer()) {
            CertifiedKey key = issuer.issue(NAME, Optional.empty());
            assertThat(issuer.renewalWindow(key.leaf())).as("no ARI").isEmpty();
        }
        ca.orders().renewalInfo = true;
        for (Map.Entry<String, Duration> asked : Map.of(
                        "0", Duration.ofMinutes(1), "7200", Duration.ofHours(2), "999999", Duration.ofDays(1))
                .entrySet()) {
            ca.orders().pollHeaders = Map.of("Retry-After", asked.getKey());
            try (AcmeIssuer issuer = issuer()) {
                CertifiedKey key = issuer.issue(NAME, Optional.empty());
                RenewalWindow window = issuer.renewalWindow(key.leaf()).orElseThrow();
                assertThat(window.askAgain()).isEqualTo(now.plus(asked.getValue()));
                assertThat(window.start()).isEqualTo(Instant.parse("2030-01-01T00:00:00Z"));
            }
        }
    }

    @Test
    void filesTheAccountUnderHostPortAndPath() {
        assertThat(settings(URI.create("https://acme-v02.api.letsencrypt.org/directory"))
                        .id())
                .isEqualTo("acme-v02.api.letsencrypt.org-directory");
    }

    private CertifiedKey issue() throws Exception {
        try (AcmeIssuer issuer = issuer()) {
            return issuer.issue(NAME, Optional.empty());
        }
    }

    private IssueException failure() {
        try (AcmeIssuer issuer = issuer()) {
            return catchThrowableOfType(IssueException.class, () -> issuer.issue(NAME, Optional.empty()));
        }
    }

    private static String date(Instant instant) {
        return DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.ofInstant(instant, ZoneOffset.UTC));
    }

    private AcmeIssuer issuer() {
        return new AcmeIssuer(
                settings(ca.directory()),
                store,
                new RecordingPort(),
                new ManualClock(),
                this::pause,
                new Random(1),
                exchange);
    }

    private void pause(Duration time) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        pauses.add(time);
        now = now.plus(time);
    }

    private CaSettings settings(URI directory) {
        return new CaSettings(
                directory,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                KeyType.EC_P256,
                Optional.empty(),
                types,
                solver);
    }

    /** Counts down at each try to take a lock, which is the account's. */
    private record LockCountingStore(CertificateStore store, CountDownLatch tries) implements CertificateStore {

        @Override
        public Optional<CertifiedKey> load(String name) throws IOException {
            return store.load(name);
        }

        @Override
        public void save(String name, CertifiedKey key) throws IOException {
            store.save(name, key);
        }

        @Override
        public Optional<byte[]> read(String document) throws IOException {
            return store.read(document);
        }

        @Override
        public void write(String document, byte[] content) throws IOException {
            store.write(document, content);
        }

        @Override
        public void delete(String document) throws IOException {
            store.delete(document);
        }

        @Override
        public Optional<Lease> tryLock(String lock) throws IOException {
            Optional<Lease> lease = store.tryLock(lock);
            tries.countDown();
            return lease;
        }

        @Override
        public void probe() throws IOException {
            store.probe();
        }
    }

    private final class RecordingPort implements ChallengePort {

        @Override
        public Presented http01(String host, String token, String keyAuthorization) {
            new ChallengeTable().http01(host, token, keyAuthorization).close(); // the proxy's own checks
            return present("http-01");
        }

        @Override
        public Presented tlsAlpn01(String name, CertifiedKey challenge) {
            return present("tls-alpn-01");
        }

        private Presented present(String type) {
            presented.add(type);
            everPresented.add(type);
            return () -> presented.remove(type);
        }
    }

    private final class ManualClock extends Clock {

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
