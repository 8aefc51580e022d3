package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.internal.http.H2Client;
import dev.tlsproxy.testing.EchoListener;
import dev.tlsproxy.testing.RawUpstream;
import dev.tlsproxy.testing.WebSocketAnswer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several upstreams of one route: who gets a request, and what becomes of one that dies. */
@Timeout(60)
class BalanceIT {

    private final CountDownLatch release = new CountDownLatch(1);
    private final List<RawUpstream> upstreams = new ArrayList<>();

    @BeforeEach
    void open() throws IOException {
        for (String name : List.of("a", "b", "c")) {
            upstreams.add(RawUpstream.answering((request, connection) -> {
                if (request.header("Upgrade").isPresent()) {
                    new WebSocketAnswer().write(request, connection);
                    return;
                }
                if (request.target().equals("/slow")) {
                    await(release);
                }
                RawUpstream.write(connection, RawUpstream.ok(name));
            }));
        }
    }

    @AfterEach
    void close() throws IOException {
        release.countDown();
        for (RawUpstream upstream : upstreams) {
            upstream.close();
        }
    }

    @Test
    void requestsGoToEachInTurnOnHttp1AndHttp2() throws Exception {
        try (LocalProxy local = proxy(route());
                RawTlsClient http1 = local.http1();
                H2Client http2 = local.http2()) {
            assertThat(count(http1, 30)).isEqualTo(Map.of("a", 10, "b", 10, "c", 10));
            for (int i = 0; i < 30; i++) {
                int stream = 2 * i + 1;
                http2.headers(stream, H2Client.END_STREAM, local.fields("GET", "/"));
                http2.response(stream);
            }
            assertThat(upstreams)
                    .allSatisfy(upstream -> assertThat(upstream.requests()).hasSize(20));
        }
    }

    @Test
    void leastConnectionsGoesPastOnesWithARequestOrATunnel() throws Exception {
        try (LocalProxy local = proxy(route().balance(Balance.LEAST_CONNECTIONS));
                RawTlsClient slow = local.http1();
                RawTlsClient client = local.http1()) {
            EchoListener listener = new EchoListener();
            WebSocket tunnel = local.client(HttpClient.Version.HTTP_1_1)
                    .newWebSocketBuilder()
                    .buildAsync(URI.create("wss://" + local.authority() + "/ws"), listener)
                    .get(10, TimeUnit.SECONDS);
            RawUpstream withTunnel = busy();
            slow.send("GET /slow HTTP/1.1\r\nHost: " + slow.authority() + "\r\n\r\n");
            Awaitility.await().until(() -> total() == 2);
            assertThat(withTunnel.requests()).hasSize(1);
            List<String> free = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                if (upstreams.get(i).requests().isEmpty()) {
                    free.add("abc".substring(i, i + 1));
                }
            }
            assertThat(free).hasSize(1);
            assertThat(count(client, 10)).isEqualTo(Map.of(free.get(0), 10));

            tunnel.abort();
            Awaitility.await()
                    .untilAsserted(() -> assertThat(count(client, 10))
                            .hasSize(2)
                            .allSatisfy((name, requests) -> assertThat(requests).isEqualTo(5)));
            release.countDown();
            assertThat(slow.readResponse()).endsWith("\r\n\r\n" + (char) ('a' + busyWithSlow()));
            Awaitility.await().untilAsserted(() -> assertThat(count(client, 9)).hasSize(3));
        }
    }

    @Test
    void randomTwoSharesAmongAll() throws Exception {
        try (LocalProxy local = proxy(route().balance(Balance.RANDOM_TWO));
                RawTlsClient client = local.http1()) {
            assertThat(count(client, 300).values()).hasSize(3).allMatch(requests -> requests > 50);
        }
    }

    @Test
    void hashGoesByTheAddressThatATrustedProxyTells() throws Exception {
        Route route = route().balance(Balance.CLIENT_ADDRESS_HASH);
        try (LocalProxy local = LocalProxy.started(LocalProxy.builder()
                        .route(route)
                        .forwarded(ForwardedPolicy.defaults().trustProxies("127.0.0.0/8")));
                RawTlsClient client = local.http1()) {
            Map<Integer, String> own = ownOf(client);
            assertThat(own.values()).contains("a", "b", "c");
            assertThat(ownOf(client)).isEqualTo(own);

            upstreams.get(1).close();
            Map<Integer, String> without = ownOf(client);
            own.forEach((number, upstream) -> {
                if (upstream.equals("b")) {
                    assertThat(without.get(number)).isIn("a", "c");
                } else {
                    assertThat(without.get(number)).isEqualTo(upstream);
                }
            });

            local.proxy.update(u -> u.forwarded(ForwardedPolicy.defaults()));
            assertThat(ownOf(client).values())
                    .as("nobody is believed: all of them are this one peer")
                    .allMatch(ownOf(client).get(0)::equals);
        }
    }

    @Test
    void anUpstreamThatDiesIsSkippedToldAndTakesPartAgainWhenItComesBack() throws Exception {
        try (LocalProxy local = proxy(route());
                RawTlsClient client = local.http1()) {
            assertThat(count(client, 6)).hasSize(3);
            RawUpstream dead = upstreams.get(1);
            dead.close();
            assertThat(count(client, 30)).isEqualTo(Map.of("a", 15, "c", 15));
            assertThat(local.upstreams.poll(5, TimeUnit.SECONDS))
                    .isEqualTo("down " + dead.uri() + ": upstream refused the connection");

            upstreams.set(1, RawUpstream.again(dead));
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(count(client, 6)).isEqualTo(Map.of("a", 2, "b", 2, "c", 2)));
            assertThat(local.upstreams.poll(5, TimeUnit.SECONDS))
                    .isEqualTo("up " + dead.uri() + ": accepts connections");
            assertThat(local.upstreams).isEmpty();
        }
    }

    @Test
    void whereAllAreDeadTheyAreTriedAndServeAtOnceWhenTheyAreBack() throws Exception {
        try (LocalProxy local = proxy(route());
                RawTlsClient client = local.http1()) {
            for (RawUpstream upstream : upstreams) {
                upstream.close();
            }
            for (int i = 0; i < 5; i++) {
                assertThat(get(client, "/", "")).startsWith("HTTP/1.1 502 ");
            }
            upstreams.set(2, RawUpstream.again(upstreams.get(2)));
            assertThat(get(client, "/", "")).startsWith("HTTP/1.1 200 ").endsWith("c");
        }
    }

    @Test
    void aStatus500IsNoReasonToSkipAndAResponseThatNeverComesIs() throws Exception {
        try (RawUpstream failing = RawUpstream.answering((request, connection) ->
                        RawUpstream.write(connection, "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"));
                RawUpstream silent = RawUpstream.answering((request, connection) -> await(release));
                LocalProxy local = proxy(Route.of(LocalProxy.HOST)
                        .to(failing.uri(), silent.uri())
                        .responseTimeout(Duration.ofSeconds(1))); // which the other one must keep, too
                RawTlsClient client = local.http1()) {
            Map<String, Integer> status = new TreeMap<>();
            for (int i = 0; i < 12; i++) {
                status.merge(get(client, "/", "").substring(9, 12), 1, Integer::sum);
            }
            assertThat(status).isEqualTo(Map.of("500", 9, "504", 3));
            assertThat(local.upstreams.poll(5, TimeUnit.SECONDS))
                    .isEqualTo("down " + silent.uri() + ": upstream did not answer in time");
            assertThat(local.upstreams).isEmpty();
        }
    }

    @Test
    void upstreamsAndBalanceChangeUnderTraffic() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger served = new AtomicInteger();
        Queue<String> failures = new ConcurrentLinkedQueue<>();
        try (LocalProxy local = proxy(route())) {
            List<CompletableFuture<Void>> clients = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                clients.add(CompletableFuture.runAsync(() -> traffic(local, over, served, failures)));
            }
            Balance[] all = Balance.values();
            for (int i = 0; i < 60; i++) {
                Route next = Route.of(LocalProxy.HOST)
                        .to(upstreams.get(i % 3).uri())
                        .balance(all[i % all.length])
                        .healthCheck(HealthCheck.of("/").interval(Duration.ofMillis(5 + i)));
                if (i % 2 == 0) {
                    next = next.to(upstreams.get((i + 1) % 3).uri());
                }
                Route route = next;
                local.proxy.update(u -> u.route(route));
                int atLeast = served.get() + 5;
                Awaitility.await()
                        .pollDelay(Duration.ZERO)
                        .pollInterval(Duration.ofMillis(2))
                        .until(() -> served.get() >= atLeast || !failures.isEmpty());
            }
            over.set(true);
            for (CompletableFuture<Void> client : clients) {
                client.get(20, TimeUnit.SECONDS);
            }
            assertThat(failures).isEmpty();
            assertThat(local.upstreams).as("nothing was ever down").isEmpty();
            local.proxy.update(u -> u.route(LocalProxy.HOST, upstreams.get(0).uri()));
            Awaitility.await()
                    .alias("connections and checks of those that are gone have ended")
                    .until(() -> upstreams.get(1).openConnections()
                                    + upstreams.get(2).openConnections()
                            == 0);
        }
    }

    private static void traffic(LocalProxy local, AtomicBoolean over, AtomicInteger served, Queue<String> failures) {
        try (RawTlsClient client = local.http1()) {
            while (!over.get()) {
                String response = get(client, "/", "");
                if (!response.startsWith("HTTP/1.1 200 ")) {
                    failures.add(response);
                }
                served.incrementAndGet();
            }
        } catch (Exception e) {
            failures.add(e.toString());
        }
    }

    private Route route() {
        return Route.of(LocalProxy.HOST)
                .to(upstreams.stream().map(RawUpstream::uri).toArray(String[]::new));
    }

    private static LocalProxy proxy(Route route) {
        return LocalProxy.started(LocalProxy.builder().route(route));
    }

    /** Of how many requests each upstream answered. */
    private static Map<String, Integer> count(RawTlsClient client, int requests) throws Exception {
        Map<String, Integer> count = new TreeMap<>();
        for (int i = 0; i < requests; i++) {
            String response = get(client, "/", "");
            assertThat(response).startsWith("HTTP/1.1 200 ");
            count.merge(response.substring(response.length() - 1), 1, Integer::sum);
        }
        return count;
    }

    private static Map<Integer, String> ownOf(RawTlsClient client) throws Exception {
        Map<Integer, String> own = new TreeMap<>();
        for (int i = 0; i < 40; i++) {
            String response = get(client, "/", "X-Forwarded-For: 198.51.100." + i + "\r\n");
            assertThat(response).startsWith("HTTP/1.1 200 ");
            own.put(i, response.substring(response.length() - 1));
        }
        return own;
    }

    private static String get(RawTlsClient client, String target, String field) throws Exception {
        client.send("GET " + target + " HTTP/1.1\r\nHost: " + client.authority() + "\r\n" + field + "\r\n");
        return client.readResponse();
    }

    private int total() {
        return upstreams.stream()
                .mapToInt(upstream -> upstream.requests().size())
                .sum();
    }

    private RawUpstream busy() {
        return upstreams.stream()
                .filter(upstream -> !upstream.requests().isEmpty())
                .findAny()
                .orElseThrow();
    }

    private int busyWithSlow() {
        for (int i = 0; i < upstreams.size(); i++) {
            if (upstreams.get(i).requests().stream()
                    .anyMatch(request -> request.target().equals("/slow"))) {
                return i;
            }
        }
        throw new AssertionError();
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }
}
