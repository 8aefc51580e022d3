package dev.tlsproxy.acme;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.acme.internal.life.AcmeManager;
import dev.tlsproxy.acme.internal.life.DaemonThreads;
import dev.tlsproxy.acme.internal.life.LifeSettings;
import dev.tlsproxy.acme.internal.order.AcmeIssuer;
import dev.tlsproxy.acme.internal.order.Pause;
import dev.tlsproxy.acme.testing.Pebble;
import dev.tlsproxy.acme.testing.PebbleOptions;
import dev.tlsproxy.spi.CertificateManager;
import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.spi.ProxyEvents;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Renewal of certificates that live for minutes, while clients connect without a pause. */
@Timeout(240)
class AcmeRenewalIT {

    private static final Duration VALIDITY = Duration.ofSeconds(45);
    private static final int CLIENTS = 2;
    private static final String NAME = "one.example.com";

    @TempDir
    Path directory;

    private final Queue<Deployed> deployed = new ConcurrentLinkedQueue<>();
    private final Queue<Seen> seen = new ConcurrentLinkedQueue<>();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean over = new AtomicBoolean();

    /** By the oldest Pebble: the window that a newer one tells is two days wide, whatever the lifetime. */
    @Test
    void renewedInTimeThreeTimesInARowUnderTraffic() throws Exception {
        PebbleOptions options = PebbleOptions.defaults().nonceReject(50).validity(VALIDITY);
        try (Pebble pebble = Pebble.start(Pebble.binaries().get(0), options)) {
            assertRenewedThreeTimesUnderTraffic(pebble, AcmeSite.acme(pebble, directory), VALIDITY.multipliedBy(4));
        }
    }

    /**
     * The window of such a certificate begins before the certificate does. Its beginning is chosen, so that each is due
     * when it has rested for a twentieth of its lifetime: four before the first has lived for half of it, when it would be
     * due without a window.
     */
    @Test
    void renewedWhenTheCaWantsItThreeTimesInARowUnderTraffic() throws Exception {
        Duration validity = Duration.ofMinutes(5);
        PebbleOptions options = PebbleOptions.defaults().nonceReject(50).validity(validity);
        try (Pebble pebble = Pebble.start(options)) {
            pebble.needRenewalInfo();
            assertRenewedThreeTimesUnderTraffic(pebble, new EarliestInTheWindow(pebble), validity.dividedBy(2));
            assertThat(pebble.log()).contains("renewalInfo");
        }
    }

    private void assertRenewedThreeTimesUnderTraffic(Pebble pebble, CertificateManager acme, Duration atMost)
            throws Exception {
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        try (AcmeSite site = new AcmeSite();
                TlsProxy proxy = AcmeSite.proxy(site.uri(), pebble.tlsPort(), pebble.httpPort(), acme, List.of(NAME))
                        .store(directory.resolve("store"))
                        .events(new Deployments())
                        .build()) {
            proxy.start();
            proxy.awaitReady(Duration.ofSeconds(30));
            SiteClient client = new SiteClient(pebble.root(0), pebble.tlsPort());
            for (int i = 0; i < CLIENTS; i++) {
                clients.execute(() -> connectUntilOver(client));
            }

            Awaitility.await().atMost(atMost).until(() -> deployed.size() >= 4);
            long last = System.nanoTime();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> seen.stream().anyMatch(each -> each.from() > last + 1_000_000_000L));
            over.set(true); // before the proxy closes, which would refuse the next connection
            clients.shutdown();
            assertThat(clients.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
        } finally {
            over.set(true);
            clients.shutdown();
        }

        assertThat(failures).isEmpty();
        assertThat(seen).hasSizeGreaterThan(100);
        assertThat(deployed.stream().map(Deployed::serial).distinct()).hasSizeGreaterThanOrEqualTo(4);
        assertNewSerialWithinOneSecond();
        System.out.println(figures());
    }

    /** For whoever reads the build's log. */
    private String figures() {
        List<Deployed> order = List.copyOf(deployed);
        List<Long> millis = new java.util.ArrayList<>();
        for (int i = 1; i < order.size(); i++) {
            Deployed each = order.get(i);
            seen.stream()
                    .filter(one -> one.serial().equals(each.serial()))
                    .mapToLong(Seen::from)
                    .min()
                    .ifPresent(from -> millis.add((from - each.at()) / 1_000_000));
        }
        return "renewals: " + (order.size() - 1) + ", connections: " + seen.size() + ", failed: " + failures.size()
                + ", first connection with the new serial begun after (ms): " + millis;
    }

    private void connectUntilOver(SiteClient client) {
        while (!over.get()) {
            long from = System.nanoTime();
            try {
                seen.add(new Seen(from, client.get(NAME).serial()));
            } catch (IOException | RuntimeException e) {
                if (!over.get()) {
                    failures.add(e.toString());
                }
            }
        }
    }

    /** A connection begun later than that saw this certificate or one after it. */
    private void assertNewSerialWithinOneSecond() {
        List<Deployed> order = List.copyOf(deployed);
        for (Seen each : seen) {
            List<String> allowed = new java.util.ArrayList<>();
            for (int i = 0; i < order.size(); i++) {
                boolean replaced =
                        i + 1 < order.size() && each.from() > order.get(i + 1).at() + 1_000_000_000L;
                if (!replaced) {
                    allowed.add(order.get(i).serial());
                }
            }
            assertThat(allowed).contains(each.serial());
        }
    }

    /** Acme, but for the instant it chooses in the CA's window. */
    private static final class EarliestInTheWindow implements CertificateManager {

        private final CaDraft draft;
        private @Nullable CertificateManager manager;

        EarliestInTheWindow(Pebble pebble) {
            draft = new CaDraft(pebble.directory(), Optional.empty());
            draft.trusted = List.of(pebble.trust());
            draft.profile = Optional.of("default"); // it would choose one at random
        }

        @Override
        public void start(Context context) {
            Random lowest = new Random() {
                @Override
                public long nextLong(long bound) {
                    return 0;
                }
            };
            Clock clock = Clock.systemUTC();
            AcmeIssuer issuer =
                    new AcmeIssuer(draft.settings(), context.store(), context.challenges(), clock, Pause.SLEEP, lowest);
            manager = new AcmeManager(
                    List.of(issuer), clock, lowest, new DaemonThreads(), LifeSettings.DEFAULTS, Optional.empty());
            manager.start(context);
        }

        @Override
        public void close() {
            if (manager != null) {
                manager.close();
            }
        }
    }

    private final class Deployments implements ProxyEvents {

        @Override
        public void certificateDeployed(String name, CertifiedKey key) {
            deployed.add(
                    new Deployed(System.nanoTime(), key.leaf().getSerialNumber().toString(16)));
        }
    }

    private record Deployed(long at, String serial) {}

    private record Seen(long from, String serial) {}
}
