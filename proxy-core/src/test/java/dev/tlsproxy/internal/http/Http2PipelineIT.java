package dev.tlsproxy.internal.http;

import static dev.tlsproxy.internal.http.RawUpstream.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tlsproxy.spi.UpgradeHandler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class Http2PipelineIT {

    private PipelineFixture proxy;

    @BeforeEach
    void open() throws Exception {
        proxy = new PipelineFixture();
        proxy.http2 = true;
    }

    @AfterEach
    void close() {
        proxy.close();
    }

    private H2Client client() throws Exception {
        return new H2Client(proxy.connect());
    }

    private static void assertRefused(Map<String, String> response) {
        assertThat(response.getOrDefault(":status", "reset")).isIn("400", "reset");
        assertThat(response).doesNotContainEntry(":status", "200");
    }

    @Test
    void passesRequestAndResponse() throws Exception {
        proxy.route("a.example.com", "").start();
        try (H2Client client = client()) {
            client.get(1, "te", "trailers");
            assertThat(client.response(1))
                    .containsEntry(":status", "200")
                    .containsEntry("body", "ok")
                    .containsEntry("via", "1.1 tlsproxy")
                    .doesNotContainKey("connection");
        }
        assertThat(proxy.upstream.head())
                .startsWith("GET / HTTP/1.1\r\n")
                .contains("Host: a.example.com\r\n", "Via: 2.0 tlsproxy\r\n", "TE: trailers\r\n", "Connection: TE\r\n");
        assertThat(proxy.summary().httpVersion()).isEqualTo("HTTP/2.0");
    }

    /** E1. */
    @ParameterizedTest
    @ValueSource(
            strings = {"1\r\nX-Injected: yes", "1\nX: y", "1\u0000", " 1", "1\t", "1\r\n\r\nGET /smuggled HTTP/1.1"})
    void refusesBadFieldValues(String value) throws Exception {
        proxy.route("a.example.com", "").start();
        try (H2Client client = client()) {
            client.get(1, "x-a", value);
            assertRefused(client.response(1));
        }
        assertThat(proxy.upstream.heads).isEmpty();
    }

    /** E2. */
    @Test
    void refusesBodyShorterThanContentLength() throws Exception {
        proxy.route("a.example.com", "").start();
        proxy.upstream.does((head, in, out) -> {
            if (head.startsWith("POST")) {
                in.readNBytes(10);
            }
            out.write(bytes(RawUpstream.OK));
        });
        try (H2Client client = client()) {
            client.headers(1, H2Client.END_STREAM, post("content-length", "10"));
            assertRefused(client.response(1));
            client.headers(3, 0, post("content-length", "10"));
            client.data(3, H2Client.END_STREAM, "short");
            assertRefused(client.response(3));
            client.get(5);
            assertThat(client.response(5)).containsEntry(":status", "200");
        }
        await().until(() -> proxy.inFlight.running() == 0);
    }

    private static String[] post(String... more) {
        List<String> fields = new ArrayList<>(
                List.of(":method", "POST", ":scheme", "https", ":path", "/", ":authority", "a.example.com"));
        fields.addAll(List.of(more));
        return fields.toArray(String[]::new);
    }

    /** E3. */
    @ParameterizedTest
    @ValueSource(strings = {"", "user@a.example.com", "a.example.com/x", "a.example.com:", "a.example.com:99999"})
    void refusesBadAuthority(String authority) throws Exception {
        proxy.route("a.example.com", "").start();
        try (H2Client client = client()) {
            client.headers(
                    1,
                    H2Client.END_STREAM,
                    ":method",
                    "GET",
                    ":scheme",
                    "https",
                    ":path",
                    "/",
                    ":authority",
                    authority);
            assertRefused(client.response(1));
            client.headers(3, H2Client.END_STREAM, ":method", "GET", ":scheme", "https", ":path", "/", "host", "x");
            assertRefused(client.response(3));
        }
        assertThat(proxy.upstream.heads).isEmpty();
    }

    /** E4. */
    @ParameterizedTest
    @ValueSource(
            strings = {"keep-alive", "proxy-connection", "upgrade", "te", "connection", "transfer-encoding", "x-a:b"})
    void refusesConnectionSpecificFields(String name) throws Exception {
        proxy.route("a.example.com", "").start();
        try (H2Client client = client()) {
            client.get(1, name, "gzip");
            assertRefused(client.response(1));
        }
        assertThat(proxy.upstream.heads).isEmpty();
    }

    /** E10 and E18. */
    @Test
    void judgesPathLikeHttp1() throws Exception {
        proxy.route("a.example.com", "").start();
        try (H2Client client = client()) {
            int stream = 1;
            for (String path : List.of("/a b", "/a\r\nX: y", "x", "*", "/a#b", "/%zz", "http://a.example.com/")) {
                client.headers(stream, H2Client.END_STREAM, get(path));
                assertRefused(client.response(stream));
                stream += 2;
            }
            for (String path : List.of("/a|b?c=\u00ff%00", "/q??a=1&b", "/q?a=1&?a=2", "/p;x=1//../y?")) {
                client.headers(stream, H2Client.END_STREAM, get(path));
                assertThat(client.response(stream)).containsEntry(":status", "200");
                assertThat(proxy.upstream.head())
                        .startsWith(
                                "GET " + (path.endsWith("?") ? path.substring(0, path.length() - 1) : path) + " HTTP");
                stream += 2;
            }
        }
    }

    private static String[] get(String path) {
        return new String[] {":method", "GET", ":scheme", "https", ":path", path, ":authority", "a.example.com"};
    }

    /** E19: a refusal is a state of its own until the client has ended its request and read the answer. */
    @Test
    void resetsStreamsBeyondTwiceTheLimit() throws Exception {
        proxy.route("a.example.com", "").start();
        try (H2Client client = client()) {
            int last = 4 * ClientConnection.MAX_CONCURRENT_REQUESTS + 1;
            for (int stream = 1; stream <= last; stream += 2) {
                client.headers(stream, 0, post());
            }
            assertThat(client.response(last)).containsKey("reset").doesNotContainKey(":status");
            await().until(() -> proxy.inFlight.running() <= 2 * ClientConnection.MAX_CONCURRENT_REQUESTS);
        }
        await().until(() -> proxy.inFlight.running() == 0);
    }

    /** Undertow leaves a stream that it has reset open while the client's window holds its data up. */
    @Test
    void releasesTheUpstreamWhenTheClientsWindowStaysClosed() throws Exception {
        proxy.bodyIdle = Duration.ofMillis(300);
        proxy.route("a.example.com", "").start();
        proxy.upstream.answers("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + "x".repeat(1_000_000));
        try (H2Client client = client()) {
            client.get(1);
            await().until(() -> proxy.proxyClient.released.get() == 1);
            assertThat(client.response(1)).containsKey("reset");
        }
    }

    /** E19. */
    @Test
    void limitsConcurrentRequests() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        proxy.route("a.example.com", "").start();
        proxy.upstream.does((head, in, out) -> {
            release.await();
            out.write(bytes(RawUpstream.OK));
        });
        try (H2Client client = client()) {
            int last = 2 * ClientConnection.MAX_CONCURRENT_REQUESTS + 1;
            for (int stream = 1; stream <= last; stream += 2) {
                client.get(stream);
            }
            assertThat(client.response(last)).containsEntry(":status", "503").containsEntry("retry-after", "1");
            release.countDown();
        }
        await().until(() -> proxy.inFlight.running() == 0);
    }

    /** E14. */
    @Test
    void answers413BeforeUploadEnds() throws Exception {
        proxy.route("a.example.com", "", false, 10, e -> UpgradeHandler.Decision.pass())
                .start();
        proxy.upstream.does((head, in, out) -> in.readAllBytes());
        try (H2Client client = client()) {
            client.headers(1, 0, post());
            client.data(1, 0, "hello");
            proxy.upstream.head();
            client.data(1, 0, "hello again");
            assertThat(client.response(1)).containsEntry(":status", "413");
            client.get(3);
            proxy.upstream.head();
        }
        await().until(() -> proxy.inFlight.running() == 0);
    }

    @Test
    void servesRequestsThatComeWhileDraining() throws Exception {
        proxy.route("a.example.com", "").start();
        try (H2Client client = client()) {
            client.get(1);
            assertThat(client.response(1)).containsEntry(":status", "200");
            proxy.inFlight.drain();
            client.get(3);
            assertThat(client.response(3)).containsEntry(":status", "200");
        }
    }

    @Test
    void endsExchangesOfClientThatResetsOrLeaves() throws Exception {
        proxy.route("a.example.com", "").start();
        proxy.upstream.does((head, in, out) -> {
            if (head.startsWith("GET")) {
                out.write(bytes("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"));
                out.flush();
            }
            in.readAllBytes();
        });
        try (H2Client client = client()) {
            client.headers(1, 0, post());
            client.data(1, 0, "part");
            proxy.upstream.head();
            client.reset(1);
            assertThat(proxy.summary().failure()).contains("client left");
            client.get(3);
            proxy.upstream.head();
            await().until(() -> proxy.inFlight.running() == 1);
            client.reset(3);
            assertThat(proxy.summary().failure()).as("a silent event stream").contains("response was cut");
            client.get(5);
            proxy.upstream.head();
        }
        assertThat(proxy.summary().failure()).isPresent();
        await().until(() -> proxy.inFlight.running() == 0);
    }
}
