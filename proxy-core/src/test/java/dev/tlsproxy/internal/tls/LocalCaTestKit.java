package dev.tlsproxy.internal.tls;

import dev.tlsproxy.spi.CertificateManager;
import dev.tlsproxy.spi.CertificateSink;
import dev.tlsproxy.spi.CertificateStatus;
import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.spi.ChallengePort;
import dev.tlsproxy.testing.TestCa;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/** What a local CA runs on in its tests: a clock and a scheduler that are set, a sink that remembers. */
final class LocalCaTestKit {

    final ManualClock clock;
    final ManualScheduler scheduler = new ManualScheduler();
    final Map<String, CertifiedKey> deployed = new HashMap<>();
    final Map<String, CertificateStatus> states = new HashMap<>();

    LocalCaTestKit(Instant now) {
        this.clock = new ManualClock(now);
    }

    LocalCa start(CertificateStore store, Set<String> names) {
        LocalCa ca = new LocalCa(clock, new SecureRandom(), scheduler);
        ca.start(context(store, names));
        return ca;
    }

    /** Clock and scheduler go on together. */
    void advance(Duration duration) {
        clock.set(clock.instant().plus(duration));
        scheduler.advance(duration);
    }

    CertificateManager.Context context(CertificateStore store, Set<String> names) {
        return new CertificateManager.Context() {
            @Override
            public Set<String> names() {
                return names;
            }

            @Override
            public CertificateStore store() {
                return store;
            }

            @Override
            public CertificateSink sink() {
                return new CertificateSink() {
                    @Override
                    public void deploy(String name, CertifiedKey key) {
                        deployed.put(name, key);
                    }

                    @Override
                    public void status(CertificateStatus status) {
                        status.problem().ifPresent(problem -> {
                            throw new AssertionError(problem);
                        });
                        states.put(status.name(), status);
                    }
                };
            }

            @Override
            public ChallengePort challenges() {
                throw new AssertionError("the local CA asks nobody");
            }
        };
    }

    static void await(CyclicBarrier barrier) {
        try {
            barrier.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    interface Action {
        void run() throws Exception;
    }

    /** slf4j-simple writes to what System.err is at that moment. */
    static String loggedBy(Action action) throws Exception {
        PrintStream original = System.err;
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
        try {
            action.run();
        } finally {
            System.setErr(original);
        }
        return log.toString(StandardCharsets.UTF_8);
    }

    /** A handshake in memory between two JSSE engines, the client of which checks the host name (RFC 2818). */
    static boolean verifiedByJdk(CertifiedKey key, X509Certificate trusted, String host) throws Exception {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(null, null);
        keys.setKeyEntry("key", key.privateKey(), new char[0], key.chain().toArray(Certificate[]::new));
        KeyManagerFactory managers = KeyManagerFactory.getInstance("PKIX");
        managers.init(keys, new char[0]);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        SSLEngine server = context.createSSLEngine();
        server.setUseClientMode(false);
        SSLEngine client = TestCa.clientContext(trusted).createSSLEngine(host, 443);
        client.setUseClientMode(true);
        SSLParameters parameters = client.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        client.setSSLParameters(parameters);
        try {
            new InMemoryHandshake(client, server).run();
            return true;
        } catch (SSLException e) {
            return false;
        }
    }

    private record InMemoryHandshake(SSLEngine client, SSLEngine server) {

        void run() throws SSLException {
            client.beginHandshake();
            server.beginHandshake();
            ByteBuffer toServer = ByteBuffer.allocate(1 << 16);
            ByteBuffer toClient = ByteBuffer.allocate(1 << 16);
            for (int i = 0; i < 100; i++) {
                step(client, toClient, toServer);
                step(server, toServer, toClient);
                if (client.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING
                        && server.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING) {
                    return;
                }
            }
            throw new AssertionError("handshake does not end");
        }

        private static void step(SSLEngine engine, ByteBuffer in, ByteBuffer out) throws SSLException {
            ByteBuffer ignored = ByteBuffer.allocate(1 << 16);
            in.flip();
            for (int i = 0; i < 20; i++) {
                Runnable task = engine.getDelegatedTask();
                while (task != null) {
                    task.run();
                    task = engine.getDelegatedTask();
                }
                if (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
                    engine.wrap(ByteBuffer.allocate(0), out);
                } else if (in.hasRemaining()) {
                    engine.unwrap(in, ignored);
                } else if (engine.getHandshakeStatus() != HandshakeStatus.NEED_TASK) {
                    break;
                }
            }
            in.compact();
        }
    }

    static class DelegatingStore implements CertificateStore {

        private final CertificateStore store;

        DelegatingStore(CertificateStore store) {
            this.store = store;
        }

        @Override
        public Optional<CertifiedKey> load(String name) throws IOException {
            return store.load(name);
        }

        @Override
        public void save(String name, CertifiedKey key) throws IOException {
            store.save(name, key);
        }

        @Override
        public boolean saveIfAbsent(String name, CertifiedKey key) throws IOException {
            return store.saveIfAbsent(name, key);
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
            return store.tryLock(lock);
        }

        @Override
        public void probe() throws IOException {
            store.probe();
        }
    }

    static final class ManualClock extends Clock {

        private Instant now;

        ManualClock(Instant now) {
            this.now = now;
        }

        void set(Instant instant) {
            now = instant;
        }

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
            throw new UnsupportedOperationException();
        }
    }

    /** Runs one periodic task, in the thread that lets time pass; a jump of many periods runs it once, as after sleep. */
    static final class ManualScheduler extends ScheduledThreadPoolExecutor {

        private @Nullable Runnable task;
        private Duration period = Duration.ZERO;
        private Duration left = Duration.ZERO;

        ManualScheduler() {
            super(1);
        }

        @Override
        public ScheduledFuture<?> scheduleWithFixedDelay(Runnable task, long initial, long delay, TimeUnit unit) {
            this.task = task;
            period = Duration.of(delay, unit.toChronoUnit());
            left = Duration.of(initial, unit.toChronoUnit());
            return schedule(() -> {}, 1000, TimeUnit.DAYS);
        }

        void advance(Duration duration) {
            left = left.minus(duration);
            if (task != null && !left.isNegative() && !left.isZero()) {
                return;
            }
            if (task != null) {
                task.run();
            }
            left = period;
        }
    }
}
