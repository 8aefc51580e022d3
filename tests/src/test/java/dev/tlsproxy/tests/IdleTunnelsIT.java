package dev.tlsproxy.tests;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.tlsproxy.Route;
import dev.tlsproxy.Timeouts;
import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.websocket.WebSockets;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a silent tunnel costs beside the TLS connection it runs over, and that nothing is left of it. {@code
 * -Dtunnels.idle=10000 -Dtest.jvm.args=-Xmx1g} for as many as the limit of file descriptors allows (two a tunnel: clients
 * and upstream are in other JVMs).
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "loopback ports and descriptors of other systems are not known to do")
class IdleTunnelsIT {

    private static final Logger LOG = LoggerFactory.getLogger(IdleTunnelsIT.class);
    private static final int WANTED = Integer.getInteger("tunnels.idle", 1000);
    private static final int SPARE_DESCRIPTORS = 100;
    private static final long MOST_BYTES = 20 * 1024;
    private static final long MOST_DIRECT_BYTES = 1024;
    private static final Duration LONG = Duration.ofHours(1);
    private static final String UPGRADE = "Connection: Upgrade|Upgrade: websocket|Sec-WebSocket-Version: 13|"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==|";
    private static final UnixOperatingSystemMXBean SYSTEM =
            (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    @RegisterExtension
    final Workbench bench = new Workbench();

    @Test
    void idleTunnelIsSmallAndLeavesNothing(@TempDir Path directory) throws Exception {
        IdleProcess upstream = bench.closing(IdleProcess.start(512, "upstream"));
        String uri = "http://127.0.0.1:" + upstream.answer();
        TlsProxy proxy = bench.start(TlsProxy.builder()
                .warmUp(Duration.ZERO)
                .route("plain.localhost", uri)
                .route(Route.of("frames.localhost").to(uri).upgrades(WebSockets.defaults()))
                .route(Route.of("timed.localhost")
                        .to(uri)
                        .upgrades(WebSockets.defaults()
                                .keepAlive(LONG)
                                .idleTimeout(LONG)
                                .lifetime(LONG)
                                .maxTunnels(100_000)
                                .maxTunnelsPerClient(100_000)))
                .timeouts(Timeouts.defaults().keepAlive(LONG)));
        int count = (int) Math.min(
                WANTED,
                (SYSTEM.getMaxFileDescriptorCount() - SYSTEM.getOpenFileDescriptorCount() - SPARE_DESCRIPTORS) / 2);
        IdleProcess clients = bench.closing(IdleProcess.start(
                256 + count / 8,
                "clients",
                Integer.toString(Workbench.port(proxy)),
                Workbench.caFile(proxy, directory).toString()));
        assertThat(clients.answer()).isEqualTo("ready");
        for (String host : List.of("plain", "frames", "timed")) {
            measure(clients, Math.min(200, count), host, UPGRADE); // loads classes, fills caches
        }

        Cost idle = measure(clients, count, "plain", "");
        for (String host : List.of("plain", "frames", "timed")) {
            Cost tunnel = measure(clients, count, host, UPGRADE);
            String figures = count + " idle tunnels (" + host + "; limit of file descriptors "
                    + SYSTEM.getMaxFileDescriptorCount() + "): " + tunnel + "; an idle TLS connection: " + idle;
            LOG.info(figures);
            assertThat(tunnel.heap - idle.heap).as(figures).isLessThan(MOST_BYTES);
            assertThat(tunnel.direct).as(figures).isLessThan(MOST_DIRECT_BYTES);
            // what the JVM itself does between two measurements, shared by all; a tunnel that stays is many times that
            long mostLeft = 512 + 1024 * 1024 / count;
            assertThat(tunnel.heapLeft).as(figures).isLessThan(mostLeft);
            assertThat(tunnel.directLeft).as(figures).isLessThan(mostLeft);
        }
    }

    /** Bytes a connection: while it is open, and after it was closed. */
    private record Cost(long heap, long direct, long heapLeft, long directLeft) {

        static Cost of(int count, Memory before, Memory open, Memory after) {
            return new Cost(
                    (open.heap() - before.heap()) / count,
                    (open.direct() - before.direct()) / count,
                    (after.heap() - before.heap()) / count,
                    (after.direct() - before.direct()) / count);
        }

        @Override
        public String toString() {
            return "heap " + heap + " B, direct " + direct + " B each, left when closed " + heapLeft + " B, "
                    + directLeft + " B";
        }
    }

    private static Cost measure(IdleProcess clients, int count, String host, String fields) throws IOException {
        Memory before = Memory.inUse();
        long handles = SYSTEM.getOpenFileDescriptorCount();
        assertThat(clients.ask("open " + count + " " + host + ".localhost " + fields))
                .isEqualTo(Integer.toString(count));
        awaitHandles(handles + (fields.isEmpty() ? count : 2L * count));
        Memory open = Memory.inUse();
        assertThat(clients.ask("close")).isEqualTo("0");
        awaitHandles(handles);
        return Cost.of(count, before, open, Memory.inUse());
    }

    /** Idle connections to the upstream come and go by themselves. */
    private static void awaitHandles(long expected) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(SYSTEM.getOpenFileDescriptorCount())
                        .as("open file descriptors")
                        .isBetween(expected - 4, expected + 4));
    }
}
