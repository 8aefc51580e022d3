package dev.tlsproxy.acme;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.acme.testing.Pebble;
import dev.tlsproxy.acme.testing.PebbleOptions;
import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.spi.ProxyEvents;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Renewal of certificates that live for less than a minute, by the oldest Pebble there is: the window that a newer one
 * tells (RFC 9773) is a day wide, whatever the lifetime.
 */
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

    @Test
    void renewedInTimeThreeTimesInARowUnderTraffic() throws Exception {
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        PebbleOptions options = PebbleOptions.defaults().nonceReject(50).validity(VALIDITY);
        try (Pebble pebble = Pebble.start(Pebble.binaries().get(0), options);
                AcmeSite site = new AcmeSite();
                TlsProxy proxy = site.proxy(
                                pebble, AcmeSite.acme(pebble, directory), directory.resolve("store"), List.of(NAME))
                        .events(new Deployments())
                        .build()) {
            proxy.start();
            proxy.awaitReady(Duration.ofSeconds(30));
            SiteClient client = new SiteClient(pebble.root(0), pebble.tlsPort());
            for (int i = 0; i < CLIENTS; i++) {
                clients.execute(() -> connectUntilOver(client));
            }

            Awaitility.await().atMost(VALIDITY.multipliedBy(4)).until(() -> deployed.size() >= 4);
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
