package dev.tlsproxy;

import static dev.tlsproxy.testing.TunnelEnds.SWITCHING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tlsproxy.testing.StreamingUpstream;
import dev.tlsproxy.testing.TunnelEnds;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A tunnel in which nothing happens costs nothing. */
@Timeout(60)
class IdleTunnelIT {

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    @Test
    void takesNoProcessorTime() throws Exception {
        try (TunnelEnds ends = new TunnelEnds();
                LocalProxy local = LocalProxy.started(
                        LocalProxy.builder().route(LocalProxy.HOST, ends.uri()).ioThreads(1));
                TunnelEnds.Client client = ends.client(
                        local.proxy.localCaCertificate().orElseThrow(),
                        local.proxy.addresses().https(),
                        LocalProxy.HOST)) {
            client.send(TunnelEnds.upgrade(local.authority()));
            try (Socket upstream = ends.accept()) {
                TunnelEnds.write(upstream, SWITCHING);
                StreamingUpstream.readHead(client.tls().getInputStream());
                assertIdle("just opened");

                client.send("there");
                assertThat(TunnelEnds.read(upstream, 5)).isEqualTo("there");
                TunnelEnds.write(upstream, "back");
                assertThat(client.read(4)).isEqualTo("back");
                assertIdle("after a message each way");

                byte[] much = new byte[4 * 1024 * 1024];
                Thread writing = new Thread(() -> writeAll(upstream, much));
                writing.start();
                assertThat(client.tls().getInputStream().readNBytes(much.length))
                        .hasSize(much.length);
                writing.join(10_000);
                assertIdle("after more than the client took at once");
            }
        }
    }

    private static final long MOST_MILLIS = 30;

    private static void assertIdle(String when) {
        long millis = MOST_MILLIS;
        for (int i = 0; i < 4 && millis >= MOST_MILLIS; i++) { // on a busy machine the end of the work comes late
            long before = ioThreadNanos();
            await().pollDelay(Duration.ofSeconds(1)).until(() -> true);
            millis = TimeUnit.NANOSECONDS.toMillis(ioThreadNanos() - before);
        }
        assertThat(millis)
                .as("ms of a second that the I/O thread took, " + when)
                .isLessThan(MOST_MILLIS);
    }

    private static long ioThreadNanos() {
        ThreadInfo[] infos = THREADS.getThreadInfo(THREADS.getAllThreadIds());
        return Arrays.stream(infos)
                .filter(info -> info != null && info.getThreadName().matches("tls-proxy-\\d+ I/O-\\d+"))
                .mapToLong(info -> THREADS.getThreadCpuTime(info.getThreadId()))
                .sum();
    }

    private static void writeAll(Socket to, byte[] bytes) {
        try {
            to.getOutputStream().write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
