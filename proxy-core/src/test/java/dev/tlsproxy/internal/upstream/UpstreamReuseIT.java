package dev.tlsproxy.internal.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class UpstreamReuseIT {

    private static final UpstreamPoolConfig DEFAULTS = UpstreamPoolConfig.defaults();
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    /** First connection: one answer, then it ends as soon as a second request has come. Later ones answer. */
    private static final ScriptedUpstream.Script STALE = connection -> {
        connection.readHead();
        connection.send(OK);
        connection.readHead();
        if (connection.number > 1) {
            connection.send(OK);
            connection.awaitEnd();
        }
    };

    @Test
    void sendsSeveralRequestsOnOneConnection() throws Exception {
        try (ScriptedUpstream up = new ScriptedUpstream(ScriptedUpstream.answering("x"));
                PoolUnderTest proxy = new PoolUnderTest(DEFAULTS, up.uri())) {
            for (int i = 0; i < 5; i++) {
                assertThat(proxy.get("/").body()).isEqualTo("x");
                assertThat(proxy.post("/", "").body()).isEqualTo("x");
            }
            assertThat(up.accepted).hasValue(1);
        }
    }

    /** One I/O thread and one connection: the second client waits for what the first one has. */
    @Test
    void aWaitingClientGetsNoConnectionThatNamesAnother() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        ScriptedUpstream.Script held = connection -> {
            while (connection.readHead() != null) {
                asked.countDown();
                answer.await();
                connection.send(OK);
            }
        };
        UpstreamPoolConfig config =
                new UpstreamPoolConfig(Duration.ofSeconds(5), Duration.ofSeconds(60), 1, 10, Duration.ofSeconds(20));
        try (ScriptedUpstream up = new ScriptedUpstream(held);
                PoolUnderTest proxy = new PoolUnderTest(
                        config,
                        UpstreamResolver.SYSTEM,
                        1,
                        List.of(new UpstreamAddress(up.uri(), null, ProxyHeaderVersion.V1)));
                Socket first = proxy.raw("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n")) {
            asked.await();
            try (Socket second = proxy.raw("GET /2 HTTP/1.1\r\nHost: x\r\n\r\n")) {
                await().until(() -> proxy.calls.get() == 2); // it waits before that thread sees the answer
                answer.countDown();

                assertThat(second.getInputStream().readNBytes(12)).asString().isEqualTo("HTTP/1.1 200");
                assertThat(up.heads).hasSize(2);
                assertThat(up.heads.get(0)).startsWith(named(first, proxy) + "GET /1 ");
                assertThat(up.heads.get(1)).startsWith(named(second, proxy) + "GET /2 ");
                assertThat(up.accepted).hasValue(2);
            }
        }
    }

    @Test
    void anIdleConnectionThatNamesAnotherClientMakesRoomAtTheLimit() throws Exception {
        UpstreamPoolConfig config =
                new UpstreamPoolConfig(Duration.ofSeconds(5), Duration.ofSeconds(60), 1, 10, Duration.ofSeconds(20));
        try (ScriptedUpstream up = new ScriptedUpstream(ScriptedUpstream.answering("x"));
                PoolUnderTest proxy = new PoolUnderTest(
                        config,
                        UpstreamResolver.SYSTEM,
                        2,
                        List.of(new UpstreamAddress(up.uri(), null, ProxyHeaderVersion.V1)))) {
            for (int i = 1; i <= 5; i++) {
                try (Socket client = proxy.raw("GET / HTTP/1.1\r\nHost: x\r\n\r\n")) {
                    assertThat(client.getInputStream().readNBytes(12))
                            .asString()
                            .isEqualTo("HTTP/1.1 200");
                }
                assertThat(up.accepted).hasValue(i);
            }
            await().until(() -> up.ended.get() == 4);
        }
    }

    private static String named(Socket client, PoolUnderTest proxy) {
        return "PROXY TCP4 127.0.0.1 127.0.0.1 " + client.getLocalPort() + " " + proxy.port() + "\r\n";
    }

    @Test
    void repeatsGetOnceWhenTheKeptConnectionIsDead() throws Exception {
        try (ScriptedUpstream up = new ScriptedUpstream(STALE);
                PoolUnderTest proxy = new PoolUnderTest(DEFAULTS, up.uri())) {
            assertThat(proxy.get("/1").statusCode()).isEqualTo(200);
            HttpResponse<String> second = proxy.get("/2");
            assertThat(second.statusCode()).isEqualTo(200);
            assertThat(second.body()).isEqualTo("ok");
            assertThat(up.accepted).hasValue(2);
            assertThat(up.heads).filteredOn(head -> head.startsWith("GET /2 ")).hasSize(2);
        }
    }

    /** A GET like any other as long as nothing was answered; browsers do not try a WebSocket again by themselves. */
    @Test
    void repeatsAnUpgradeOnceWhenTheKeptConnectionIsDead() throws Exception {
        try (ScriptedUpstream up = new ScriptedUpstream(STALE);
                // two client connections, that have to meet on one I/O thread
                PoolUnderTest proxy = new PoolUnderTest(DEFAULTS, UpstreamResolver.SYSTEM, 1, null, up.uri())) {
            assertThat(proxy.get("/1").statusCode()).isEqualTo(200);
            try (Socket client =
                    proxy.raw("GET /2 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")) {
                assertThat(client.getInputStream().readNBytes(12)).asString().isEqualTo("HTTP/1.1 200");
            }
            assertThat(up.heads).filteredOn(head -> head.startsWith("GET /2 ")).hasSize(2);
        }
    }

    @Test
    void doesNotRepeatGetOnAConnectionThatIsNew() throws Exception {
        try (ScriptedUpstream up = new ScriptedUpstream(ScriptedUpstream.Connection::readHead);
                PoolUnderTest proxy = new PoolUnderTest(DEFAULTS, up.uri())) {
            assertThat(proxy.get("/").statusCode()).isEqualTo(502);
            assertThat(up.accepted).hasValue(1);
            assertThat(proxy.failures).containsExactly(UpstreamFailure.CLOSED);
        }
    }

    @Test
    void doesNotRepeatPost() throws Exception {
        try (ScriptedUpstream up = new ScriptedUpstream(STALE);
                PoolUnderTest proxy = new PoolUnderTest(DEFAULTS, up.uri())) {
            assertThat(proxy.get("/1").statusCode()).isEqualTo(200);
            assertThat(proxy.post("/2", "").statusCode()).isEqualTo(502);
            assertThat(up.accepted).hasValue(1);
            assertThat(proxy.failures).containsExactly(UpstreamFailure.CLOSED);
        }
    }

    @Test
    void doesNotRepeatGetAfterAResponseByte() throws Exception {
        ScriptedUpstream.Script half = connection -> {
            connection.readHead();
            connection.send(OK);
            connection.readHead();
            connection.send("HTTP/1.1 20");
        };
        try (ScriptedUpstream up = new ScriptedUpstream(half);
                PoolUnderTest proxy = new PoolUnderTest(DEFAULTS, up.uri())) {
            assertThat(proxy.get("/1").statusCode()).isEqualTo(200);
            assertThat(proxy.get("/2").statusCode()).isEqualTo(502);
            assertThat(up.accepted).hasValue(1);
        }
    }

    @Test
    void usesAFreshConnectionForPostWhenTheKeptOneWasClosed() throws Exception {
        ScriptedUpstream.Script once = connection -> {
            connection.readHead();
            connection.send(OK);
        };
        try (ScriptedUpstream up = new ScriptedUpstream(once);
                PoolUnderTest proxy = new PoolUnderTest(DEFAULTS, up.uri())) {
            assertThat(proxy.get("/1").statusCode()).isEqualTo(200);
            await().until(() -> up.ended.get() == 1);
            assertThat(proxy.post("/2", "").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aClientThatLeavesWhileItWaitsForAConnectionGivesItsPlaceInTheQueueUp() throws Exception {
        UpstreamPoolConfig config =
                new UpstreamPoolConfig(Duration.ofSeconds(5), Duration.ofSeconds(3), 1, 1, Duration.ofMinutes(1));
        CountDownLatch answer = new CountDownLatch(1);
        ScriptedUpstream.Script slow = connection -> {
            connection.readHead();
            answer.await();
            connection.send(OK);
            ScriptedUpstream.answering("ok").run(connection);
        };
        try (ScriptedUpstream up = new ScriptedUpstream(slow);
                PoolUnderTest proxy = new PoolUnderTest(config, up.uri())) {
            proxy.raw("GET /first HTTP/1.1\r\nHost: x\r\n\r\n");
            await().until(() -> up.heads.size() == 1);
            proxy.raw("GET /leaves HTTP/1.1\r\nHost: x\r\n\r\n");
            await().until(() -> proxy.exchanges.size() == 2);
            proxy.clientLeaves(1);
            await().until(() -> proxy.exchanges.get(1).isComplete());

            CompletableFuture<Integer> third = CompletableFuture.supplyAsync(() -> status(proxy, "/third"));
            await().until(() -> proxy.exchanges.size() == 3);
            answer.countDown();
            assertThat(third.get(10, TimeUnit.SECONDS)).isEqualTo(200);
            assertThat(up.heads).noneMatch(head -> head.startsWith("GET /leaves "));
        }
    }

    @Test
    void aClientThatLeavesBeforeThereIsAConnectionSendsNoRequest() throws Exception {
        CountDownLatch resolved = new CountDownLatch(1);
        UpstreamResolver slow = host -> {
            try {
                resolved.await();
            } catch (InterruptedException e) {
                throw new UnknownHostException(host);
            }
            return List.of(InetAddress.getByName("127.0.0.1"));
        };
        try (ScriptedUpstream up = new ScriptedUpstream(ScriptedUpstream.answering("ok"));
                PoolUnderTest proxy =
                        new PoolUnderTest(DEFAULTS, slow, 1, null, URI.create("http://up.example:" + up.port()))) {
            proxy.raw("GET /leaves HTTP/1.1\r\nHost: x\r\n\r\n");
            await().until(() -> proxy.exchanges.size() == 1);
            proxy.clientLeaves(0);
            await().until(() -> proxy.exchanges.get(0).isComplete());
            resolved.countDown();

            await().until(() -> up.accepted.get() == 1);
            assertThat(status(proxy, "/stays")).isEqualTo(200);
            assertThat(up.heads).hasSize(1).allMatch(head -> head.startsWith("GET /stays "));
        }
    }

    private static int status(PoolUnderTest proxy, String path) {
        try {
            return proxy.get(path).statusCode();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void closesAConnectionThatWasIdleForItsTime() throws Exception {
        UpstreamPoolConfig config =
                new UpstreamPoolConfig(Duration.ofSeconds(5), Duration.ofMillis(200), 10, 10, Duration.ofSeconds(5));
        try (ScriptedUpstream up = new ScriptedUpstream(ScriptedUpstream.answering("x"));
                PoolUnderTest proxy = new PoolUnderTest(config, up.uri())) {
            long start = System.nanoTime();
            proxy.get("/");
            await().until(() -> up.ended.get() == 1);
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .isBetween(Duration.ofMillis(200), Duration.ofSeconds(3));
        }
    }

    @Test
    void leavesNoConnectionWhenThePoolIsClosed() throws Exception {
        ScriptedUpstream.Script silentAtTheSecond = connection -> {
            connection.readHead();
            connection.send(OK);
            connection.awaitEnd();
        };
        try (ScriptedUpstream up = new ScriptedUpstream(silentAtTheSecond);
                PoolUnderTest proxy = new PoolUnderTest(DEFAULTS, up.uri())) {
            proxy.get("/1");
            Socket waiting = proxy.raw("POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
            await().until(() -> up.accepted.get() >= 1);
            proxy.pool.close();
            await().until(() -> up.ended.get() == up.accepted.get());
            waiting.close();
        }
    }

    @Test
    void cutsAResponseUnderWayWhenThePoolIsClosed() throws Exception {
        for (String framing : new String[] {"Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n", "\r\npart"}) {
            ScriptedUpstream.Script half = connection -> {
                connection.readHead();
                connection.send("HTTP/1.1 200 OK\r\n" + framing);
                connection.awaitEnd();
            };
            try (ScriptedUpstream up = new ScriptedUpstream(half);
                    PoolUnderTest proxy = new PoolUnderTest(DEFAULTS, up.uri());
                    Socket client = proxy.raw("GET / HTTP/1.1\r\nHost: x\r\n\r\n")) {
                StringBuilder seen = new StringBuilder();
                while (!seen.toString().endsWith("part")) {
                    seen.append((char) client.getInputStream().read());
                }
                proxy.pool.close();
                assertThat(client.getInputStream().readAllBytes()).asString().doesNotContain("0");
            }
        }
    }

    @Test
    void closesTheConnectionOfAClientThatIsGoneInItsUpload() throws Exception {
        try (ScriptedUpstream up = new ScriptedUpstream(ScriptedUpstream.Connection::awaitEnd);
                PoolUnderTest proxy = new PoolUnderTest(DEFAULTS, up.uri())) {
            Socket client = proxy.raw("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
            await().until(() -> up.accepted.get() == 1);
            client.close();
            await().until(() -> up.ended.get() == 1);
            assertThat(proxy.failures).isEmpty();
        }
    }
}
