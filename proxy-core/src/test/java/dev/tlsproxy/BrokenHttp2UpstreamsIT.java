package dev.tlsproxy;

import static dev.tlsproxy.testing.Http2Upstream.ACK;
import static dev.tlsproxy.testing.Http2Upstream.CONTINUATION;
import static dev.tlsproxy.testing.Http2Upstream.DATA;
import static dev.tlsproxy.testing.Http2Upstream.END_HEADERS;
import static dev.tlsproxy.testing.Http2Upstream.END_STREAM;
import static dev.tlsproxy.testing.Http2Upstream.GOAWAY;
import static dev.tlsproxy.testing.Http2Upstream.HEADERS;
import static dev.tlsproxy.testing.Http2Upstream.PING;
import static dev.tlsproxy.testing.Http2Upstream.PUSH_PROMISE;
import static dev.tlsproxy.testing.Http2Upstream.RST_STREAM;
import static dev.tlsproxy.testing.Http2Upstream.SETTINGS;
import static dev.tlsproxy.testing.Http2Upstream.WINDOW_UPDATE;
import static dev.tlsproxy.testing.Http2Upstream.fields;
import static dev.tlsproxy.testing.Http2Upstream.frame;
import static dev.tlsproxy.testing.Http2Upstream.ints;
import static dev.tlsproxy.testing.Http2Upstream.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tlsproxy.testing.Http2Upstream;
import dev.tlsproxy.testing.Http2Upstream.Connection;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.http.HttpClient.Version;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What an upstream of HTTP/2 may get wrong, over real sockets. */
@Timeout(60)
class BrokenHttp2UpstreamsIT {

    private static final byte[] NONE = new byte[0];

    private final PrintStream console = System.err;
    private final ByteArrayOutputStream logged = new ByteArrayOutputStream();

    @BeforeEach
    void catchLog() {
        System.setErr(new PrintStream(logged, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void releaseLog() {
        System.setErr(console);
    }

    /** What ends the connection: the code of the GOAWAY, the fault, and the frames in place of a response. */
    static Stream<Arguments> connectionErrors() {
        return Stream.of(
                Arguments.of(1, "DATA on stream 0", frame(DATA, 0, 0, NONE)),
                Arguments.of(6, "PING: length 7", frame(PING, 0, 0, new byte[7])),
                Arguments.of(6, "HEADERS: larger than 16384", frame(HEADERS, 4, 1, new byte[16385])),
                Arguments.of(1, "PUSH_PROMISE, which was not permitted", frame(PUSH_PROMISE, 4, 1, new byte[4])),
                Arguments.of(1, "CONTINUATION without a head", frame(CONTINUATION, 4, 1, NONE)),
                Arguments.of(9, "HPACK: an index without an entry", frame(HEADERS, 4, 1, new byte[] {(byte) 0xFE})),
                Arguments.of(
                        1, "a frame on a stream that was not opened", frame(HEADERS, 4, 3, fields(":status", "200"))),
                Arguments.of(
                        1, "a frame on a stream that was not opened", frame(HEADERS, 4, 2, fields(":status", "200"))),
                Arguments.of(1, "WINDOW_UPDATE: 0", frame(WINDOW_UPDATE, 0, 1, ints(0))),
                Arguments.of(
                        3,
                        "WINDOW_UPDATE: a window that is too large",
                        frame(WINDOW_UPDATE, 0, 1, ints(Integer.MAX_VALUE))),
                Arguments.of(
                        3,
                        "WINDOW_UPDATE: a window that is too large",
                        frame(WINDOW_UPDATE, 0, 0, ints(Integer.MAX_VALUE))),
                Arguments.of(1, "SETTINGS: invalid ENABLE_PUSH", frame(SETTINGS, 0, 0, settings(2, 1))),
                Arguments.of(3, "SETTINGS: invalid INITIAL_WINDOW_SIZE", frame(SETTINGS, 0, 0, settings(4, -1))));
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("connectionErrors")
    void whatEndsTheConnectionIs502AndOneLine(int code, String fault, byte[] bytes) throws Exception {
        try (Http2Upstream up =
                        Http2Upstream.talking(Http2Upstream.answering((connection, frame) -> connection.raw(bytes)));
                LocalProxy local = LocalProxy.to(up.uri())) {
            HttpResponse<String> answer = get(local, "/");

            assertThat(answer.statusCode()).isEqualTo(502);
            assertThat(answer.body()).isEqualTo("502 Bad Gateway: upstream sent an invalid response\n");
            assertThat(up.connections.get(0).next(GOAWAY).goAwayCode()).isEqualTo(code);
            await().until(up.connections.get(0)::isEnded);
            assertThat(log())
                    .singleElement()
                    .asString()
                    .endsWith("upstream " + up.uri() + ": malformed response: " + fault);
            get(local, "/");
            assertThat(log()).as("warnings in a minute").hasSize(1);
        }
    }

    @Test
    void serverOfHttp1IsNamedInTheLog() throws Exception {
        try (Http2Upstream up = Http2Upstream.beginning(
                        "HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
                        (connection, frame) -> {});
                LocalProxy local = LocalProxy.to(up.uri())) {
            assertThat(get(local, "/").statusCode()).isEqualTo(502);
            assertThat(log())
                    .singleElement()
                    .asString()
                    .endsWith("malformed response: no HTTP/2 (expected: a SETTINGS frame first; a server of HTTP/1.1 is"
                            + " given as http:// or https://)");
        }
    }

    @Test
    void moreDataThanTheWindowEndsTheConnection() throws Exception {
        try (Http2Upstream up = Http2Upstream.talking(Http2Upstream.answering((connection, frame) -> {
                    connection.head(frame.stream(), 0, ":status", "200");
                    for (int i = 0; i < 17 * 1024; i++) {
                        connection.raw(frame(DATA, 0, frame.stream(), new byte[16384]));
                    }
                }));
                LocalProxy local = LocalProxy.to(up.uri());
                RawTlsClient client = local.http1()) {
            client.send("GET / HTTP/1.1\r\nHost: " + client.authority() + "\r\n\r\n"); // and reads nothing
            Connection connection =
                    await().until(() -> up.connections.isEmpty() ? null : up.connections.get(0), c -> c != null);
            await().until(connection::isEnded);
            assertThat(log()).singleElement().asString().endsWith("malformed response: DATA: more than its window");
        }
    }

    /** What ends one stream: the fault, and the frames in place of a response on stream 1. */
    static Stream<Arguments> streamErrors() {
        return Stream.of(
                Arguments.of("response head: invalid field name", head("X-Secret", "s")),
                Arguments.of("response head: invalid field value", head("x", "secret\r\nx: y")),
                Arguments.of("response head: a field of one connection", head("connection", "close")),
                Arguments.of("response head: more than 200 fields", frame(HEADERS, 4, 1, fields(many(201)))),
                Arguments.of("response head: no :status", frame(HEADERS, 4, 1, fields("x", "secret"))),
                Arguments.of("101 in HTTP/2", frame(HEADERS, 4, 1, fields(":status", "101"))),
                Arguments.of("an interim response that is the last", frame(HEADERS, 5, 1, fields(":status", "103"))),
                Arguments.of("Content-Length is not 1 to 18 digits", head("content-length", "-2")),
                Arguments.of(
                        "more than one Content-Length",
                        frame(HEADERS, 4, 1, fields(":status", "200", "content-length", "2", "content-length", "2"))),
                Arguments.of(
                        "less content than its Content-Length",
                        frame(HEADERS, 5, 1, fields(":status", "200", "content-length", "2"))),
                Arguments.of("content before the response head", frame(DATA, 0, 1, new byte[5])),
                Arguments.of("the end before the response head", frame(DATA, END_STREAM, 1, NONE)),
                Arguments.of("more than 10 interim responses", interims(11)),
                Arguments.of("response head: too long", longHead()));
    }

    private static byte[] head(String name, String value) {
        return frame(HEADERS, END_HEADERS, 1, fields(":status", "200", name, value));
    }

    private static String[] many(int count) {
        String[] fields = new String[2 + 2 * count];
        fields[0] = ":status";
        fields[1] = "200";
        for (int i = 2; i < fields.length; i += 2) {
            fields[i] = "x" + i;
            fields[i + 1] = "secret";
        }
        return fields;
    }

    private static byte[] interims(int count) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int i = 0; i < count; i++) {
            all.writeBytes(frame(HEADERS, END_HEADERS, 1, fields(":status", "103")));
        }
        return all.toByteArray();
    }

    private static byte[] longHead() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(frame(HEADERS, 0, 1, fields(":status", "200")));
        for (int i = 0; i < 5; i++) {
            all.writeBytes(frame(CONTINUATION, i == 4 ? END_HEADERS : 0, 1, fields("x" + i, "s".repeat(15_000))));
        }
        return all.toByteArray();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("streamErrors")
    void whatIsMalformedEndsItsStreamAndLeavesTheConnection(String fault, byte[] bytes) throws Exception {
        try (Http2Upstream up = Http2Upstream.talking(Http2Upstream.answering((connection, frame) -> {
                    if (frame.stream() == 1) {
                        connection.raw(bytes);
                    } else {
                        connection.ok(frame.stream(), "fine");
                    }
                }));
                LocalProxy local = LocalProxy.to(up.uri())) {
            HttpResponse<String> answer = get(local, "/");

            assertThat(answer.statusCode()).isEqualTo(502);
            assertThat(answer.body()).isEqualTo("502 Bad Gateway: upstream sent an invalid response\n");
            assertThat(up.connections.get(0).next(RST_STREAM).code()).isEqualTo(1);
            assertThat(log())
                    .singleElement()
                    .asString()
                    .endsWith("upstream " + up.uri() + ": malformed response: " + fault);
            assertThat(logged.toString(StandardCharsets.UTF_8)).doesNotContainIgnoringCase("secret");
        }
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void responseThatIsCutIsNeverWholeForTheClient(Version version) throws Exception {
        Semaphore clientHasSome = new Semaphore(0);
        for (byte[] end : List.of(
                frame(RST_STREAM, 0, 1, ints(0)),
                frame(RST_STREAM, 0, 1, ints(8)),
                frame(DATA, END_STREAM, 1, NONE),
                frame(HEADERS, 5, 1, fields("x", "short")),
                frame(HEADERS, 4, 1, fields("x", "trailers without an end")),
                frame(HEADERS, 5, 1, fields(":status", "200")),
                frame(DATA, 0, 1, new byte[100]),
                frame(GOAWAY, 0, 0, ints(0, 0)))) {
            try (Http2Upstream up = Http2Upstream.talking(Http2Upstream.answering((connection, frame) -> {
                        connection
                                .head(1, 0, ":status", "200", "content-length", "50")
                                .data(1, 0, "hello");
                        clientHasSome.acquireUninterruptibly();
                        connection.raw(end);
                    }));
                    LocalProxy local = LocalProxy.to(up.uri())) {
                HttpResponse<InputStream> response =
                        local.client(version).send(local.request("/").build(), BodyHandlers.ofInputStream());
                assertThat(response.body().readNBytes(5)).asString().isEqualTo("hello");
                clientHasSome.release();
                assertThatThrownBy(() -> response.body().readAllBytes()).isInstanceOf(IOException.class);
            }
        }
    }

    static Stream<Arguments> floods() {
        return Stream.of(
                Arguments.of("PING or SETTINGS frames", frame(PING, 0, 0, new byte[8]), 1_200),
                Arguments.of("PING or SETTINGS frames", frame(SETTINGS, 0, 0, NONE), 1_200),
                Arguments.of("frames without use", frame(DATA, 0, 1, NONE), 1_200),
                Arguments.of("frames without use", frame(SETTINGS, ACK, 0, NONE), 1_200),
                Arguments.of("frames without use", frame(99, 0, 0, NONE), 1_200),
                Arguments.of("frames without use", frame(GOAWAY, 0, 0, ints(1, 0)), 1_200),
                Arguments.of("WINDOW_UPDATE frames", frame(WINDOW_UPDATE, 0, 1, ints(1)), 12_000));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("floods")
    void floodEndsTheConnection(String what, byte[] one, int times) throws Exception {
        try (Http2Upstream up = Http2Upstream.talking(Http2Upstream.answering((connection, frame) -> {
                    connection.head(1, 0, ":status", "200").data(1, 0, "hello");
                    for (int i = 0; i < times; i++) {
                        connection.raw(one);
                    }
                }));
                LocalProxy local = LocalProxy.to(up.uri())) {
            assertThatThrownBy(() -> get(local, "/")).isInstanceOf(IOException.class);
            assertThat(log()).singleElement().asString().endsWith("malformed response: flood of " + what);
        }
    }

    private static HttpResponse<String> get(LocalProxy local, String path) throws Exception {
        return local.client(Version.HTTP_2).send(local.request(path).build(), BodyHandlers.ofString());
    }

    private List<String> log() {
        return logged.toString(StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.contains("malformed"))
                .toList();
    }
}
