package dev.tlsproxy;

import static dev.tlsproxy.testing.Http2Upstream.CONTINUATION;
import static dev.tlsproxy.testing.Http2Upstream.DATA;
import static dev.tlsproxy.testing.Http2Upstream.END_HEADERS;
import static dev.tlsproxy.testing.Http2Upstream.END_STREAM;
import static dev.tlsproxy.testing.Http2Upstream.HEADERS;
import static dev.tlsproxy.testing.Http2Upstream.PADDED;
import static dev.tlsproxy.testing.Http2Upstream.PING;
import static dev.tlsproxy.testing.Http2Upstream.WINDOW_UPDATE;
import static dev.tlsproxy.testing.Http2Upstream.answering;
import static dev.tlsproxy.testing.Http2Upstream.fields;
import static dev.tlsproxy.testing.Http2Upstream.frame;
import static dev.tlsproxy.testing.Http2Upstream.ints;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tlsproxy.internal.http.H2Client;
import dev.tlsproxy.testing.Http2Upstream;
import dev.tlsproxy.testing.Http2Upstream.Connection;
import dev.tlsproxy.testing.Http2Upstream.Frame;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Upstreams of HTTP/2: what passes. */
@Timeout(60)
class Http2UpstreamIT {

    @ParameterizedTest
    @EnumSource(Version.class)
    void requestAndResponsePass(Version version) throws Exception {
        try (Http2Upstream up = Http2Upstream.talking(answering((connection, frame) -> connection
                        .head(
                                frame.stream(),
                                0,
                                ":status",
                                "201",
                                "x-one",
                                "1",
                                "set-cookie",
                                "a=1",
                                "set-cookie",
                                "b=2")
                        .data(frame.stream(), END_STREAM, "hello")));
                LocalProxy local = LocalProxy.to(up.uri() + "/base")) {
            HttpResponse<String> response = local.client(version)
                    .send(
                            local.request("/a%00%C3%A4//b;c+d?x=%2F&y")
                                    .header("X-Two", "2")
                                    .header("TE", "trailers")
                                    .POST(BodyPublishers.ofString("some content"))
                                    .build(),
                            BodyHandlers.ofString());
            assertThat(response.statusCode()).isEqualTo(201);
            assertThat(response.body()).isEqualTo("hello");
            assertThat(response.headers().firstValue("x-one")).hasValue("1");
            assertThat(response.headers().allValues("set-cookie")).containsExactly("a=1", "b=2");
            assertThat(response.headers().firstValue("via")).hasValue("2.0 tlsproxy");
            assertThat(up.connections.get(0).heads.get(0))
                    .containsEntry(":method", "POST")
                    .containsEntry(":scheme", "http")
                    .containsEntry(":authority", local.authority())
                    .containsEntry(":path", "/base/a%00%C3%A4//b;c+d?x=%2F&y")
                    .containsEntry("x-two", "2")
                    .containsEntry("content-length", "12")
                    .containsEntry("x-forwarded-proto", "https")
                    .doesNotContainKeys("host", "connection", "transfer-encoding", "upgrade", "http2-settings");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {204, 205, 304})
    void responseWithoutContentPasses(int status) throws Exception {
        try (Http2Upstream up = Http2Upstream.talking(answering((connection, frame) ->
                        connection.head(frame.stream(), END_STREAM, ":status", "" + status, "etag", "\"x\"")));
                LocalProxy local = LocalProxy.to(up.uri())) {
            assertThat(get(local, "/").statusCode()).isEqualTo(status);
            assertThat(get(local, "/").headers().firstValue("etag")).hasValue("\"x\"");
        }
    }

    @Test
    void headTellsOfALengthWithoutContent() throws Exception {
        try (Http2Upstream up = Http2Upstream.talking(answering((connection, frame) ->
                        connection.head(frame.stream(), END_STREAM, ":status", "200", "content-length", "1000")));
                LocalProxy local = LocalProxy.to(up.uri())) {
            HttpResponse<String> response = local.client(Version.HTTP_1_1)
                    .send(
                            local.request("/")
                                    .method("HEAD", BodyPublishers.noBody())
                                    .build(),
                            BodyHandlers.ofString());
            assertThat(response.headers().firstValue("content-length")).hasValue("1000");
        }
    }

    @Test
    void interimResponsesAreNotTheResponse() throws Exception {
        try (Http2Upstream up = Http2Upstream.talking((connection, frame) -> {
                    if (frame.type() == HEADERS) {
                        connection.head(frame.stream(), 0, ":status", "103", "link", "</x>");
                        connection.head(frame.stream(), 0, ":status", "100");
                    } else if (frame.endsStream()) {
                        connection.ok(frame.stream(), "fine");
                    }
                });
                LocalProxy local = LocalProxy.to(up.uri())) {
            HttpResponse<String> response = local.client(Version.HTTP_1_1)
                    .send(
                            local.request("/")
                                    .expectContinue(true)
                                    .POST(BodyPublishers.ofString("content"))
                                    .build(),
                            BodyHandlers.ofString());
            assertThat(response.body()).isEqualTo("fine");
            assertThat(up.connections.get(0).heads.get(0).get("expect")).isEqualToIgnoringCase("100-continue");
        }
    }

    @Test
    void trailersPassBothWaysAndTeReachesTheUpstream() throws Exception {
        try (Http2Upstream up = Http2Upstream.talking(answering((connection, frame) -> connection
                        .head(frame.stream(), 0, ":status", "200")
                        .data(frame.stream(), 0, "body")
                        .head(frame.stream(), END_STREAM, "grpc-status", "0", "set-cookie", "a=b")));
                LocalProxy local = LocalProxy.to(up.uri());
                H2Client client = local.http2()) {
            client.headers(1, 0, with(local.fields("POST", "/"), "te", "trailers"));
            client.data(1, 0, "request");
            client.headers(1, H2Client.END_STREAM, "x-sum", "7", "content-length", "5");
            assertThat(client.response(1)).containsEntry("body", "body").containsEntry("grpc-status", "0");
            List<java.util.Map<String, String>> heads = up.connections.get(0).heads;
            assertThat(heads.get(0)).containsEntry("te", "trailers").doesNotContainKey("connection");
            assertThat(heads.get(1)).containsOnlyKeys("x-sum");
        }
    }

    @Test
    void paddingAndContinuationsArePartOfTheFraming() throws Exception {
        try (Http2Upstream up = Http2Upstream.talking(answering((connection, frame) -> {
                    int stream = frame.stream();
                    connection.send(HEADERS, PADDED, stream, padded(fields(":status", "200")));
                    connection.send(CONTINUATION, END_HEADERS, stream, fields("x", "y"));
                    for (int i = 0; i < 3_000; i++) {
                        connection.send(DATA, PADDED, stream, padded("0123456789".getBytes(StandardCharsets.US_ASCII)));
                    }
                    connection.send(DATA, PADDED | END_STREAM, stream, padded(new byte[0]));
                }));
                LocalProxy local = LocalProxy.to(up.uri())) {
            HttpResponse<String> response = get(local, "/");
            assertThat(response.headers().firstValue("x")).hasValue("y");
            assertThat(response.body()).isEqualTo("0123456789".repeat(3_000));
        }
    }

    private static byte[] padded(byte[] content) {
        ByteArrayOutputStream payload = new ByteArrayOutputStream();
        payload.write(200);
        payload.writeBytes(content);
        payload.writeBytes(new byte[200]);
        return payload.toByteArray();
    }

    @Test
    void pingIsAnsweredWithItsOwnOctetsAndNothingElse() throws Exception {
        byte[] octets = {1, 2, 3, 4, 5, 6, 7, 8};
        try (Http2Upstream up = Http2Upstream.talking(answering((connection, frame) ->
                        connection.send(PING, 0, 0, octets).ok(frame.stream(), "fine")));
                LocalProxy local = LocalProxy.to(up.uri())) {
            assertThat(get(local, "/").body()).isEqualTo("fine");
            Frame ack = up.connections.get(0).next(PING);
            assertThat(ack.flags()).isEqualTo(1);
            assertThat(ack.payload()).isEqualTo(octets);
        }
    }

    @Test
    void largeBodiesArriveWholeBothWays() throws Exception {
        int size = 100 << 20;
        AtomicLong received = new AtomicLong();
        try (Http2Upstream up = Http2Upstream.with(new int[] {4, 1 << 20}, new LargeBodies(size, received));
                LocalProxy local = LocalProxy.to(up.uri())) {
            HttpResponse<InputStream> response = local.client(Version.HTTP_2)
                    .send(local.request("/").timeout(Duration.ofSeconds(50)).build(), BodyHandlers.ofInputStream());
            try (InputStream body = response.body()) {
                long at = 0;
                byte[] some = new byte[1 << 16];
                for (int read; (read = body.read(some)) >= 0; at += read) {
                    for (int i = 0; i < read; i += 61) {
                        assertThat(some[i]).isEqualTo(LargeBodies.at(at + i));
                    }
                }
                assertThat(at).isEqualTo(size);
            }
            assertThat(post(local, 50 << 20).body()).isEqualTo(Long.toString(50 << 20));
        }
    }

    @Test
    void webSocketIsRefusedAndSaysWhy() throws Exception {
        try (Http2Upstream up = Http2Upstream.talking((connection, frame) -> {});
                LocalProxy local = LocalProxy.to(up.uri());
                RawTlsClient client = local.http1()) {
            client.send("GET / HTTP/1.1\r\nHost: " + client.authority() + "\r\nConnection: Upgrade\r\n"
                    + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
            assertThat(client.readHead()).startsWith("HTTP/1.1 501 ");
            assertThat(up.connections).isEmpty();
        }
    }

    @Test
    void healthCheckSpeaksHttp2() throws Exception {
        AtomicInteger status = new AtomicInteger(200);
        try (Http2Upstream up = Http2Upstream.talking(answering((connection, frame) ->
                        connection.head(frame.stream(), END_STREAM, ":status", Integer.toString(status.get()))));
                LocalProxy local = LocalProxy.started(LocalProxy.builder()
                        .route(Route.of(LocalProxy.HOST)
                                .to(up.uri())
                                .healthCheck(HealthCheck.of("/health?x")
                                        .interval(Duration.ofMillis(50))
                                        .rise(1)
                                        .fall(2))))) {
            await().until(() -> up.connections.size() > 2);
            assertThat(up.connections.get(0).heads.get(0))
                    .containsEntry(":method", "GET")
                    .containsEntry(":path", "/health?x")
                    .containsEntry(":authority", up.uri().substring("h2c://".length()));
            status.set(500);
            assertThat(local.upstreams.poll(10, TimeUnit.SECONDS))
                    .isEqualTo("down " + up.uri() + ": health check /health: status 500 (expected: 200..299)");
            status.set(204);
            assertThat(local.upstreams.poll(10, TimeUnit.SECONDS)).startsWith("up " + up.uri());
        }
    }

    @Test
    void upstreamThatNeverBeginsIs504() throws Exception {
        try (Http2Upstream up = Http2Upstream.beginning(new byte[0], (connection, frame) -> {});
                LocalProxy local = LocalProxy.to(up.uri())) {
            HttpResponse<String> response = get(local, "/");
            assertThat(response.statusCode()).isEqualTo(504);
            assertThat(response.body()).isEqualTo("504 Gateway Time-out: connecting to upstream timed out\n");
        }
    }

    @Test
    void largeRequestHeadGoesInSeveralFrames() throws Exception {
        try (Http2Upstream up =
                        Http2Upstream.talking(answering((connection, frame) -> connection.ok(frame.stream(), "fine")));
                LocalProxy local = LocalProxy.to(up.uri())) {
            HttpResponse<String> response = local.client(Version.HTTP_1_1)
                    .send(
                            local.request("/")
                                    .header("Cookie", "a=" + "c".repeat(9_000))
                                    .header("X-Large", "x".repeat(9_000))
                                    .build(),
                            BodyHandlers.ofString());
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(up.connections.get(0).heads.get(0).get("x-large")).hasSize(9_000);
            assertThat(up.connections.get(0).next(CONTINUATION)).isNotNull();
        }
    }

    private static String[] with(String[] fields, String... more) {
        List<String> all = new ArrayList<>(List.of(fields));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    private static HttpResponse<String> get(LocalProxy local, String path) throws Exception {
        return local.client(Version.HTTP_2).send(local.request(path).build(), BodyHandlers.ofString());
    }

    private static HttpResponse<String> post(LocalProxy local, int length) throws Exception {
        return local.client(Version.HTTP_2)
                .send(
                        local.request("/")
                                .POST(BodyPublishers.ofByteArray(new byte[length]))
                                .build(),
                        BodyHandlers.ofString());
    }

    /** Answers a GET with a pattern, by the windows; counts what a POST brings. */
    private record LargeBodies(int size, AtomicLong received) implements Http2Upstream.Talk {

        private static final AtomicLong WINDOW = new AtomicLong();
        private static final AtomicLong SENT = new AtomicLong();

        static byte at(long position) {
            return (byte) (position * 31 + (position >> 13));
        }

        @Override
        public void frame(Connection connection, Frame frame) throws Exception {
            int stream = frame.stream();
            if (frame.type() == HEADERS && frame.endsStream()) {
                WINDOW.set(256 * 1024);
                SENT.set(0);
                connection.head(stream, 0, ":status", "200");
            } else if (frame.type() == WINDOW_UPDATE && stream == 1) {
                WINDOW.addAndGet(frame.code());
            } else if (frame.type() == DATA) {
                received.addAndGet(frame.payload().length);
                if (frame.endsStream()) {
                    connection.ok(stream, Long.toString(received.get()));
                } else {
                    connection.send(WINDOW_UPDATE, 0, stream, ints(frame.payload().length));
                    connection.send(WINDOW_UPDATE, 0, 0, ints(frame.payload().length));
                }
                return;
            }
            while (SENT.get() < size && WINDOW.get() - SENT.get() >= 16384 && connection.heads.size() == 1) {
                byte[] piece = new byte[(int) Math.min(16384, size - SENT.get())];
                for (int i = 0; i < piece.length; i++) {
                    piece[i] = at(SENT.get() + i);
                }
                SENT.addAndGet(piece.length);
                connection.raw(Http2Upstream.frame(DATA, SENT.get() == size ? END_STREAM : 0, 1, piece));
            }
        }
    }
}
