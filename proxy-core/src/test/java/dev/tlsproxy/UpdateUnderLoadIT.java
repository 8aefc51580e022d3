package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.tlsproxy.internal.http.H2Client;
import dev.tlsproxy.testing.EchoListener;
import dev.tlsproxy.testing.RawUpstream;
import dev.tlsproxy.testing.WebSocketAnswer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * 1,000 updates under 200 requests/s, offered by clients that ask 330 times a second, and 100 tunnels. On a machine that is
 * too busy for that rate the updates wait for the requests, so that as many come between two of them.
 */
@Timeout(300)
class UpdateUnderLoadIT {

    private static final int UPDATES = 1000;
    private static final int TUNNELS = 100;
    private static final int REQUESTS_PER_UPDATE = 5;

    private final AtomicInteger served = new AtomicInteger();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean over = new AtomicBoolean();

    /** An action on a connection of its own. */
    private interface Client extends AutoCloseable {
        String request() throws Exception;

        @Override
        void close() throws IOException;
    }

    private interface Connect {
        Client open() throws Exception;
    }

    @Test
    void noRequestFailsNoTunnelDropsAndNothingPilesUp() throws Exception {
        RawUpstream.Answer both = (request, connection) -> {
            if (request.header("Upgrade").isPresent()) {
                new WebSocketAnswer().write(request, connection);
            } else {
                RawUpstream.write(connection, RawUpstream.ok("ok"));
            }
        };
        ScheduledExecutorService load = Executors.newScheduledThreadPool(10);
        try (RawUpstream one = RawUpstream.answering(both);
                RawUpstream two = RawUpstream.answering(both);
                LocalProxy local = LocalProxy.started(LocalProxy.builder()
                        .route(LocalProxy.HOST, one.uri())
                        .route(LocalProxy.HOST + "/live", one.uri()))) {
            List<EchoListener> listeners = new ArrayList<>();
            List<WebSocket> tunnels = tunnels(local, listeners);
            for (int i = 0; i < 4; i++) {
                start(load, () -> http1(local), 25);
                start(load, () -> http2(local), 25);
            }
            start(load, () -> reconnecting(local), 100);
            Awaitility.await().until(() -> served.get() > 200);
            for (int i = 0; i < 50; i++) {
                change(local, one, two, i);
            }
            long heap = heap();
            long handles = handles();
            int threads = Thread.activeCount();
            int before = served.get();
            long began = System.nanoTime();

            for (int i = 0; i < UPDATES; i++) {
                UpdateReport report = change(local, one, two, i);
                assertThat(report.tunnelsKept()).isEqualTo(TUNNELS);
                assertThat(report.tunnelsDraining()).isZero();
                int atLeast = before + (i + 1) * REQUESTS_PER_UPDATE;
                Awaitility.await()
                        .pollInterval(Duration.ofMillis(2))
                        .pollDelay(Duration.ZERO)
                        .until(() -> served.get() >= atLeast || !failures.isEmpty());
            }

            double seconds = (System.nanoTime() - began) / 1e9;
            int during = served.get() - before;
            over.set(true);
            assertThat(failures).isEmpty();
            assertThat(during)
                    .as("%d updates, %d requests in %.1f s", UPDATES, during, seconds)
                    .isGreaterThanOrEqualTo(UPDATES * REQUESTS_PER_UPDATE);
            for (int i = 0; i < TUNNELS; i++) {
                tunnels.get(i).sendText("still " + i, true).get(10, TimeUnit.SECONDS);
                assertThat(listeners.get(i).texts.poll(10, TimeUnit.SECONDS)).isEqualTo("still " + i);
            }
            assertThat(Thread.activeCount()).isLessThanOrEqualTo(threads + 10);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(handles()).isLessThanOrEqualTo(handles + 10));
            local.ended.clear();
            assertThat(heap() - heap).isLessThan(8L * 1024 * 1024);
        } finally {
            over.set(true);
            load.shutdownNow();
            assertThat(load.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    /** Another upstream for every request, another route beside it; the tunnels' route stays or gets another limit. */
    private static UpdateReport change(LocalProxy local, RawUpstream one, RawUpstream two, int i) {
        return local.proxy.update(u -> {
            u.route(LocalProxy.HOST, i % 2 == 0 ? two.uri() : one.uri());
            u.route(LocalProxy.HOST + "/other" + i, two.uri());
            if (i % 10 == 0) {
                u.route(Route.of(LocalProxy.HOST + "/live").to(one.uri()).maxRequestBody(i));
            }
            if (i > 0) {
                u.remove(LocalProxy.HOST + "/other" + (i - 1));
            }
        });
    }

    private void start(ScheduledExecutorService load, Connect connect, int periodMillis) {
        Client[] client = new Client[1];
        var unused = load.scheduleAtFixedRate(
                () -> {
                    try {
                        if (client[0] == null) {
                            client[0] = connect.open();
                        }
                        String response = client[0].request();
                        if (!response.endsWith("ok")) {
                            failures.add(response);
                        }
                        served.incrementAndGet();
                    } catch (Exception e) {
                        if (!over.get()) {
                            failures.add(e.toString());
                        }
                    }
                },
                0,
                periodMillis,
                TimeUnit.MILLISECONDS);
    }

    private static Client http1(LocalProxy local) throws Exception {
        RawTlsClient client = local.http1();
        return new Client() {
            @Override
            public String request() throws Exception {
                client.send("GET / HTTP/1.1\r\nHost: " + client.authority() + "\r\n\r\n");
                return client.readResponse();
            }

            @Override
            public void close() throws IOException {
                client.close();
            }
        };
    }

    private static Client http2(LocalProxy local) throws Exception {
        H2Client client = local.http2();
        return new Client() {
            private int stream = -1;

            @Override
            public String request() throws Exception {
                stream += 2;
                client.headers(stream, H2Client.END_STREAM, local.fields("GET", "/"));
                return client.response(stream).toString().contains("body=ok") ? "ok" : "h2 without ok";
            }

            @Override
            public void close() throws IOException {
                client.close();
            }
        };
    }

    private static Client reconnecting(LocalProxy local) {
        return new Client() {
            @Override
            public String request() throws Exception {
                try (Client once = http1(local)) {
                    return once.request();
                }
            }

            @Override
            public void close() {}
        };
    }

    private static List<WebSocket> tunnels(LocalProxy local, List<EchoListener> listeners) throws Exception {
        HttpClient client = local.client(HttpClient.Version.HTTP_1_1);
        List<WebSocket> tunnels = new ArrayList<>();
        for (int i = 0; i < TUNNELS; i++) {
            EchoListener listener = new EchoListener();
            listeners.add(listener);
            tunnels.add(client.newWebSocketBuilder()
                    .buildAsync(URI.create("wss://" + local.authority() + "/live/ws"), listener)
                    .get(10, TimeUnit.SECONDS));
        }
        return tunnels;
    }

    private static long heap() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static long handles() {
        return ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getOpenFileDescriptorCount();
    }
}
