package dev.tlsproxy.tests.soak;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Mixed load with an upstream that breaks in every way: each client gets a right answer or a clean error, none hangs, and
 * the proxy holds no more at the end than after its first minutes. One minute; {@code -Dsoak.minutes=30} for longer,
 * {@code -Dsoak.seed=...} for the calls of another run.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "resident memory is read from /proc")
class SoakIT {

    private static final Logger LOG = LoggerFactory.getLogger(SoakIT.class);
    private static final Duration TIME = Duration.ofMinutes(Integer.getInteger("soak.minutes", 1));
    private static final boolean LONG = TIME.compareTo(Duration.ofMinutes(5)) >= 0;
    private static final long SEED = Long.getLong("soak.seed", new Random().nextLong());

    /** A leak of 30 bytes a call shows after 30 minutes; less is what pools of buffers come and go by. */
    private static final long MOST_GROWTH = 6L * 1024 * 1024;

    /** Beside a fifth of the time: until the code is compiled. */
    private static final Duration WARM = Duration.ofSeconds(10);

    private static final int FEW = 3;
    private static final String FAULT_LINE = ".* WARN dev\\.tlsproxy\\.internal\\.upstream\\.FaultLog - upstream "
            + "http://127\\.0\\.0\\.1:\\d+: malformed response: .*";
    private static final String HEALTH_LINE = ".* (WARN|INFO) dev\\.tlsproxy\\.internal\\.upstream\\.HealthReport - "
            + "upstream http://127\\.0\\.0\\.1:\\d+ is (down|up).*";

    private final Findings findings = new Findings();
    private final CountDownLatch over = new CountDownLatch(1);
    private final AtomicInteger refusals = new AtomicInteger();
    private FaultyUpstream upstream;
    private FaultyUpstream refusing;
    private ProxyProcess proxy;
    private Path log;
    private SSLContext trust;
    private int port;

    @BeforeEach
    void start(@TempDir Path directory) throws Exception {
        upstream = new FaultyUpstream(findings);
        refusing = new FaultyUpstream(findings);
        log = directory.resolve("log");
        Path ca = directory.resolve("ca.pem");
        proxy = ProxyProcess.start(log, upstream.uri(), refusing.uri(), ca.toString());
        port = Integer.parseInt(proxy.answer());
        trust = trusting(ca);
    }

    @AfterEach
    void stop() throws IOException {
        proxy.close();
        upstream.close();
        refusing.close();
    }

    @Test
    void everyClientGetsARightAnswerOrACleanErrorAndNothingIsLeft() throws Exception {
        LOG.info("seed {}, {}", SEED, TIME);
        Measured first = proxy.measure();
        Thread refuser = new Thread(this::refuseNowAndThen, "refuser");
        refuser.setDaemon(true);
        refuser.start();
        Load load = new Load(port, trust, findings, SEED);
        load.run(TIME.dividedBy(5).plus(WARM));
        Measured warm = quiet(first.handles() + 20);
        LOG.info("after {} calls: {}", findings.calls(), warm);
        load.run(TIME.multipliedBy(4).dividedBy(5));
        Measured last = quiet(warm.handles() + FEW);
        LOG.info("{}", findings);
        LOG.info("start: {}; warm: {}; end: {}", first, warm, last);

        assertThat(findings.wrong()).as("seed " + SEED).isEmpty();
        assertThat(findings.faults().keySet())
                .as("kinds of faults")
                .hasSizeGreaterThanOrEqualTo(LONG ? Fault.values().length - 1 : 12);
        assertThat(findings.stale()).as("uploads on stale connections").isLessThan(10 + findings.calls() / 200);
        assertFlat(warm, last);
        flood(last);
        over.countDown();
        assertThat(proxy.ask("close")).isEqualTo("exchanges finished 0, cut 0; tunnels closed 0, cut 0");
        assertThat(proxy.ended()).as("exit code").isZero();
        assertLogIsShort();
    }

    private static void assertFlat(Measured before, Measured after) {
        assertThat(after.inFlight()).as("exchanges in flight").isZero();
        assertThat(after.heap()).as("heap after a collection").isLessThan(before.heap() + MOST_GROWTH);
        assertThat(after.direct()).as("direct buffers").isLessThan(before.direct() + MOST_GROWTH);
        assertThat(after.handles()).as("file handles").isLessThanOrEqualTo(before.handles() + FEW);
        assertThat(after.threads()).as("threads").isLessThanOrEqualTo(before.threads() + FEW);
    }

    /** What floods make grow while they last, and that nothing of it stays. */
    private void flood(Measured before) throws Exception {
        Http2Floods floods = new Http2Floods(trust, port);
        List<Thread> flooders = floods.start(LONG ? Duration.ofMinutes(1) : Duration.ofSeconds(10));
        Measured most = before;
        while (flooders.stream().anyMatch(Thread::isAlive)) {
            Measured now = proxy.measure();
            most = now.heap() > most.heap() ? now : most;
            flooders.get(0).join(500);
        }
        Measured after = quiet(before.handles() + FEW);
        LOG.info("floods, {} connections cut: before {}; most {}; after {}", floods.cut(), before, most, after);
        assertThat(floods.cut()).as("connections cut").isPositive();
        assertThat(most.heap()).as("heap in a flood").isLessThan(before.heap() + 5 * MOST_GROWTH);
        assertFlat(before, after);
    }

    /** Waits until idle connections are gone and says what is left. */
    private Measured quiet(int handles) throws IOException {
        Awaitility.await()
                .atMost(Bounds.HANG.plus(Bounds.KEEP_ALIVE))
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> {
                    Measured now = proxy.measure();
                    return now.inFlight() == 0 && now.handles() <= handles && upstream.open() + refusing.open() == 0;
                });
        return proxy.measure();
    }

    private void refuseNowAndThen() {
        Random random = new Random(SEED);
        try {
            while (!over.await(1000 + random.nextInt(3000), TimeUnit.MILLISECONDS)) {
                refusing.refuse();
                refusals.incrementAndGet();
                long pause = 500 + random.nextInt(1000);
                while (!over.await(pause, TimeUnit.MILLISECONDS) && !refusing.acceptAgain()) {
                    pause = 100;
                }
            }
        } catch (InterruptedException | IOException e) {
            // the end
        }
    }

    /** Nothing but the lines about broken upstreams, and those once a minute for each. */
    private void assertLogIsShort() throws IOException {
        List<String> lines = Files.readAllLines(log);
        LOG.info("{} lines in the proxy's log", lines.size());
        assertThat(lines).allMatch(line -> line.matches(FAULT_LINE) || line.matches(HEALTH_LINE));
        assertThat(lines.stream().filter(line -> line.matches(FAULT_LINE)).count())
                .isLessThanOrEqualTo(2 * (TIME.toMinutes() + 3));
        assertThat(lines.stream().filter(line -> line.matches(HEALTH_LINE)).count())
                .isLessThanOrEqualTo(2L * refusals.get() + 2 * TIME.toMinutes() + 10);
    }

    private static SSLContext trusting(Path ca) throws GeneralSecurityException, IOException {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        try (InputStream pem = Files.newInputStream(ca)) {
            trusted.setCertificateEntry(
                    "ca", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }
}
