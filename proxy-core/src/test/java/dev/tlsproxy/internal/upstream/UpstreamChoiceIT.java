package dev.tlsproxy.internal.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UpstreamChoiceIT {

    private static final UpstreamPoolConfig DEFAULTS = UpstreamPoolConfig.defaults();

    @Test
    void takesTheUpstreamsInTurn() throws Exception {
        try (ScriptedUpstream a = new ScriptedUpstream(ScriptedUpstream.answering("a"));
                ScriptedUpstream b = new ScriptedUpstream(ScriptedUpstream.answering("b"));
                PoolUnderTest proxy = new PoolUnderTest(DEFAULTS, a.uri(), b.uri())) {
            StringBuilder seen = new StringBuilder();
            for (int i = 0; i < 6; i++) {
                seen.append(proxy.get("/").body());
            }
            assertThat(seen).hasToString("ababab");
        }
    }

    @Test
    void skipsAnUpstreamThatRefusesConnections() throws Exception {
        try (ScriptedUpstream up = new ScriptedUpstream(ScriptedUpstream.answering("up"));
                PoolUnderTest proxy = new PoolUnderTest(DEFAULTS, refusing(), up.uri())) {
            for (int i = 0; i < 4; i++) {
                assertThat(proxy.get("/").body()).isEqualTo("up");
            }
            assertThat(proxy.failures).isEmpty();
        }
    }

    @Test
    void answers502WhenAllRefuseAndTriesThemAgain() throws Exception {
        try (PoolUnderTest proxy = new PoolUnderTest(DEFAULTS, refusing(), refusing())) {
            for (int i = 0; i < 2; i++) {
                HttpResponse<String> response = proxy.get("/");
                assertThat(response.statusCode()).isEqualTo(502);
                assertThat(response.body()).isEqualTo("upstream refused the connection");
            }
            assertThat(proxy.failures).containsExactly(UpstreamFailure.REFUSED, UpstreamFailure.REFUSED);
        }
    }

    @Test
    void answers504WhenNoConnectionIsMadeInTime() throws Exception {
        UpstreamPoolConfig config =
                new UpstreamPoolConfig(Duration.ofMillis(300), Duration.ofSeconds(3), 10, 10, Duration.ofSeconds(5));
        List<Socket> filling = new ArrayList<>();
        try (ServerSocket hole = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            for (int i = 0; i < 4; i++) { // nobody accepts: the backlog is full and further SYNs are dropped
                Socket socket = new Socket();
                filling.add(socket);
                CompletableFuture.runAsync(() -> {
                    try {
                        socket.connect(hole.getLocalSocketAddress());
                    } catch (Exception e) {
                        // closed at the end of the test
                    }
                });
            }
            await().until(() -> filling.stream().filter(Socket::isConnected).count() >= 2);
            try (PoolUnderTest proxy =
                    new PoolUnderTest(config, URI.create("http://127.0.0.1:" + hole.getLocalPort()))) {
                long start = System.nanoTime();
                assertThat(proxy.get("/").statusCode()).isEqualTo(504);
                assertThat(Duration.ofNanos(System.nanoTime() - start))
                        .isBetween(Duration.ofMillis(300), Duration.ofSeconds(3));
                assertThat(proxy.failures).containsExactly(UpstreamFailure.CONNECT_TIMEOUT);
            }
        } finally {
            for (Socket socket : filling) {
                socket.close();
            }
        }
    }

    @Test
    void answers502WhenTheNameIsUnknown() throws Exception {
        UpstreamResolver nobody = host -> {
            throw new UnknownHostException(host);
        };
        try (PoolUnderTest proxy = new PoolUnderTest(DEFAULTS, nobody, 1, null, URI.create("http://up.example:8080"))) {
            assertThat(proxy.get("/").statusCode()).isEqualTo(502);
            assertThat(proxy.failures).containsExactly(UpstreamFailure.UNKNOWN_HOST);
        }
    }

    @Test
    void triesAllAddressesOfAName() throws Exception {
        try (ScriptedUpstream up = new ScriptedUpstream(ScriptedUpstream.answering("found"))) {
            UpstreamResolver two =
                    host -> List.of(InetAddress.getByName("127.0.0.9"), InetAddress.getByName("127.0.0.1"));
            try (PoolUnderTest proxy =
                    new PoolUnderTest(DEFAULTS, two, 1, null, URI.create("http://up.example:" + up.port()))) {
                assertThat(proxy.get("/").body()).isEqualTo("found");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void triesIpv6AndIpv4AddressesWhicheverIsServed(String served) throws Exception {
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getByName(served))) {
            UpstreamResolver both = host -> List.of(InetAddress.getByName("::1"), InetAddress.getByName("127.0.0.1"));
            CompletableFuture<String> asked = CompletableFuture.supplyAsync(() -> {
                try (Socket socket = server.accept()) {
                    socket.getInputStream().read();
                    socket.getOutputStream().write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".getBytes());
                    socket.getInputStream().readAllBytes();
                    return socket.getLocalAddress().getHostAddress();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            try (PoolUnderTest proxy = new PoolUnderTest(
                    DEFAULTS, both, 1, null, URI.create("http://up.example:" + server.getLocalPort()))) {
                assertThat(proxy.get("/").body()).isEqualTo("ok");
                assertThat(proxy.told).isEmpty();
            }
            assertThat(asked.get()).isEqualTo(InetAddress.getByName(served).getHostAddress());
        }
    }

    @Test
    void asksForTheNameAgainForEachNewConnection() throws Exception {
        ScriptedUpstream.Script once = connection -> {
            connection.readHead();
            connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n" + connection.number);
        };
        try (ScriptedUpstream up = new ScriptedUpstream(once)) {
            AtomicInteger asked = new AtomicInteger();
            UpstreamResolver counting = host -> {
                asked.incrementAndGet();
                return List.of(InetAddress.getByName("127.0.0.1"));
            };
            try (PoolUnderTest proxy =
                    new PoolUnderTest(DEFAULTS, counting, 1, null, URI.create("http://up.example:" + up.port()))) {
                for (int i = 1; i <= 3; i++) {
                    assertThat(proxy.get("/").body()).isEqualTo(Integer.toString(i));
                    assertThat(asked).hasValue(i);
                }
            }
        }
    }

    /** With one I/O thread, a look-up on it would hold up every other request. */
    @Test
    void aSlowLookUpHoldsUpNoOtherRequest() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        UpstreamResolver slow = host -> {
            if (host.equals("up.example")) {
                asked.countDown();
                hold(answer);
            }
            return List.of(InetAddress.getByName("127.0.0.1"));
        };
        try (ScriptedUpstream up = new ScriptedUpstream(ScriptedUpstream.answering("up"));
                PoolUnderTest proxy = new PoolUnderTest(
                        DEFAULTS, slow, 1, null, URI.create("http://up.example:" + up.port()), up.uri())) {
            CompletableFuture<HttpResponse<String>> waiting = CompletableFuture.supplyAsync(() -> get(proxy));
            assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();

            assertThat(proxy.get("/").body()).isEqualTo("up");
            assertThat(waiting).isNotDone();
            answer.countDown();
            assertThat(waiting.get(10, TimeUnit.SECONDS).body()).isEqualTo("up");
        } finally {
            answer.countDown();
        }
    }

    private static HttpResponse<String> get(PoolUnderTest proxy) {
        try {
            return proxy.get("/");
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static void hold(CountDownLatch latch) {
        try {
            latch.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void forgetsAnUpstreamThatIsRemovedWhileItsRequestGoesOn() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        ScriptedUpstream.Script slow = connection -> {
            connection.readHead();
            release.await();
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nend");
            connection.awaitEnd();
        };
        try (ScriptedUpstream up = new ScriptedUpstream(slow);
                PoolUnderTest proxy = new PoolUnderTest(DEFAULTS, up.uri())) {
            CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> {
                try {
                    return proxy.get("/").body();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            await().until(() -> up.heads.size() == 1);
            assertThat(proxy.pool.knownUpstreams()).isEqualTo(1);
            proxy.pool.retain(List.of());
            assertThat(proxy.pool.knownUpstreams()).isZero();
            assertThat(up.ended).hasValue(0);
            release.countDown();
            assertThat(answer.get()).isEqualTo("end");
            await().atMost(Duration.ofSeconds(2)).until(() -> up.ended.get() == 1); // less than the idle life
        }
    }

    @Test
    void connectsToAnIpv6Literal() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getByName("::1"));
                PoolUnderTest proxy =
                        new PoolUnderTest(DEFAULTS, URI.create("http://[::1]:" + server.getLocalPort()))) {
            CompletableFuture<Void> served = CompletableFuture.runAsync(() -> {
                try (Socket socket = server.accept()) {
                    socket.getInputStream().read();
                    socket.getOutputStream().write("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nsix".getBytes());
                    socket.getInputStream().readAllBytes();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            assertThat(proxy.get("/").body()).isEqualTo("six");
            proxy.pool.close();
            served.get();
        }
    }

    @Test
    void putsTheBasePathBeforeTheTarget() throws Exception {
        try (ScriptedUpstream up = new ScriptedUpstream(ScriptedUpstream.answering("x"));
                PoolUnderTest proxy = new PoolUnderTest(DEFAULTS, URI.create(up.uri() + "/base"))) {
            proxy.get("/a%2Fb?c=d");
            assertThat(up.heads.get(0)).startsWith("GET /base/a%2Fb?c=d HTTP/1.1\r\n");
        }
    }

    @Test
    void neverOpensMoreConnectionsThanTheLimitAndQueuesTheRest() throws Exception {
        AtomicInteger now = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        ScriptedUpstream.Script script = connection -> {
            most.accumulateAndGet(now.incrementAndGet(), Math::max);
            try {
                ScriptedUpstream.answering("x").run(connection);
            } finally {
                now.decrementAndGet();
            }
        };
        UpstreamPoolConfig config =
                new UpstreamPoolConfig(Duration.ofSeconds(5), Duration.ofSeconds(3), 2, 100, Duration.ofSeconds(5));
        try (ScriptedUpstream up = new ScriptedUpstream(script);
                PoolUnderTest proxy = new PoolUnderTest(config, up.uri())) {
            List<CompletableFuture<Integer>> answers = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                answers.add(CompletableFuture.supplyAsync(() -> status(proxy)));
            }
            for (CompletableFuture<Integer> answer : answers) {
                assertThat(answer.get()).isEqualTo(200);
            }
            assertThat(most.get())
                    .isLessThanOrEqualTo(
                            4); // the script may see a new one before the end of an old one, for each of both
        }
    }

    @Test
    void answers503WhenTheQueueIsFullOrTakesTooLong() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        UpstreamPoolConfig config =
                new UpstreamPoolConfig(Duration.ofSeconds(5), Duration.ofSeconds(3), 1, 1, Duration.ofMillis(200));
        ScriptedUpstream.Script slow = connection -> {
            connection.readHead();
            release.await();
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            connection.awaitEnd();
        };
        try (ScriptedUpstream up = new ScriptedUpstream(slow);
                PoolUnderTest proxy = new PoolUnderTest(config, up.uri())) {
            CompletableFuture<Integer> first = CompletableFuture.supplyAsync(() -> status(proxy));
            await().until(() -> up.heads.size() == 1);
            CompletableFuture<Integer> second = CompletableFuture.supplyAsync(() -> status(proxy));
            CompletableFuture<Integer> third = CompletableFuture.supplyAsync(() -> status(proxy));
            assertThat(second.get()).isEqualTo(503);
            assertThat(third.get()).isEqualTo(503);
            release.countDown();
            assertThat(first.get()).isEqualTo(200);
            assertThat(proxy.failures).containsExactly(UpstreamFailure.NO_CAPACITY, UpstreamFailure.NO_CAPACITY);
        }
    }

    private static int status(PoolUnderTest proxy) {
        try {
            return proxy.get("/").statusCode();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static URI refusing() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            return URI.create("http://127.0.0.1:" + socket.getLocalPort());
        }
    }
}
