package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tlsproxy.testing.RawUpstream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Responses that are malformed, cut, or unusual, over real sockets and on both sides' protocols. */
@Timeout(60)
class BrokenUpstreamsIT {

    private static final String OK = "HTTP/1.1 200 OK\r\n";

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

    static Stream<Arguments> malformed() {
        return Stream.of(
                        List.of("ICY 200 OK\r\n\r\n", "status line: no HTTP/1.1 or HTTP/1.0 response"),
                        List.of(
                                "\0\0\0\4\0\0\0\0\0",
                                "an HTTP/2 frame (expected: HTTP/1.1; a server of HTTP/2 is given as h2c:// or h2://)"),
                        List.of("HTTP/1.1 2OO OK\r\n\r\n", "status line: status is not three digits"),
                        List.of("HTTP/1.1 200 OK\nX-Secret: s\n\n", "response head: LF without CR"),
                        List.of(OK + "X-Secret: s\rX: y\r\n\r\n", "response head: CR without LF"),
                        List.of(OK + "X-Secret : s\r\n\r\n", "response head: invalid field name"),
                        List.of(OK + "X-Secret: " + "s".repeat(1 << 20) + "\r\n\r\n", "response head: too long"),
                        List.of(
                                OK + "X-Secret: s\r\n".repeat(201) + "\r\n",
                                "response head: more than 100 lines of one field"),
                        List.of(
                                OK + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nsec",
                                "more than one Content-Length"),
                        List.of(
                                OK + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                                "Content-Length beside Transfer-Encoding"),
                        List.of(
                                OK + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
                                "Transfer-Encoding is not just chunked"),
                        List.of("HTTP/1.1 101 Switching Protocols\r\n\r\n", "101 without being asked"),
                        List.of("HTTP/1.1 102 Processing\r\n\r\n".repeat(11), "more than 10 interim responses"))
                .flatMap(one ->
                        Stream.of(Version.values()).map(version -> Arguments.of(version, one.get(0), one.get(1))));
    }

    @ParameterizedTest(name = "{0} {2}")
    @MethodSource("malformed")
    void malformedResponseIs502AndOneLineAndEndsItsConnection(Version version, String response, String fault)
            throws Exception {
        try (RawUpstream up = RawUpstream.answering((request, socket) -> RawUpstream.write(socket, response));
                LocalProxy local = LocalProxy.to(up.uri())) {
            HttpResponse<String> answer = get(local, version, "/");
            assertThat(answer.statusCode()).isEqualTo(502);
            assertThat(answer.body()).isEqualTo("502 Bad Gateway: upstream sent an invalid response\n");
            await().until(() -> up.openConnections() == 0);
            assertThat(log())
                    .singleElement()
                    .asString()
                    .endsWith("upstream " + up.uri() + ": malformed response: " + fault);
            assertThat(logged.toString(StandardCharsets.UTF_8)).doesNotContainIgnoringCase("secret");
            get(local, version, "/");
            assertThat(log()).as("warnings in a minute").hasSize(1);
        }
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void chunkSizeOverflowCutsTheResponseThatHasBegun(Version version) throws Exception {
        Semaphore clientHasSome = new Semaphore(0);
        try (RawUpstream up = RawUpstream.answering((request, socket) -> {
                    RawUpstream.write(socket, OK + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
                    clientHasSome.acquireUninterruptibly();
                    RawUpstream.write(socket, "10000000000000005\r\nsecret");
                });
                LocalProxy local = LocalProxy.to(up.uri())) {
            HttpResponse<java.io.InputStream> response =
                    local.client(version).send(local.request("/").build(), BodyHandlers.ofInputStream());
            assertThat(response.body().readNBytes(5)).asString().isEqualTo("hello");
            clientHasSome.release();
            assertThatThrownBy(() -> response.body().readAllBytes()).isInstanceOf(IOException.class);
            await().until(() -> up.openConnections() == 0);
            assertThat(log())
                    .singleElement()
                    .asString()
                    .endsWith("upstream " + up.uri() + ": malformed response: chunk size: more than 15 digits");
        }
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void bytesBehindAResponseAreNeverTheNextResponse(Version version) throws Exception {
        Set<Socket> connections = ConcurrentHashMap.newKeySet();
        try (RawUpstream up = RawUpstream.answering((request, socket) -> {
                    connections.add(socket);
                    RawUpstream.write(socket, RawUpstream.ok(request.target()) + RawUpstream.ok("poison"));
                });
                LocalProxy local = LocalProxy.to(up.uri())) {
            HttpClient client = local.client(version);
            for (int i = 0; i < 5; i++) {
                assertThat(client.send(local.request("/" + i).build(), BodyHandlers.ofString())
                                .body())
                        .isEqualTo("/" + i);
            }
            assertThat(connections).hasSize(5);
            assertThat(log())
                    .singleElement()
                    .asString()
                    .endsWith("upstream " + up.uri() + ": malformed response: bytes after the end of the response");
        }
    }

    /** Facts, section E, case 8. */
    @ParameterizedTest
    @CsvSource({
        "GET, 304 Not Modified, Content-Length: 1234",
        "GET, 304 Not Modified, Transfer-Encoding: chunked",
        "GET, 204 No Content, Content-Length: 0",
        "GET, 205 Reset Content, Content-Length: 0",
        "HEAD, 200 OK, Content-Length: 1234",
        "HEAD, 200 OK, Transfer-Encoding: chunked",
    })
    void responseWithoutBodyNeitherHangsNorEndsItsConnection(String method, String status, String field)
            throws Exception {
        Set<Socket> connections = ConcurrentHashMap.newKeySet();
        try (RawUpstream up = RawUpstream.answering((request, socket) -> {
                    connections.add(socket);
                    RawUpstream.write(socket, "HTTP/1.1 " + status + "\r\n" + field + "\r\n\r\n");
                });
                LocalProxy local = LocalProxy.to(up.uri())) {
            for (Version version : Version.values()) {
                connections.clear();
                HttpClient client = local.client(version);
                for (int i = 0; i < 3; i++) {
                    HttpResponse<String> response = client.send(
                            local.request("/")
                                    .method(method, BodyPublishers.noBody())
                                    .build(),
                            BodyHandlers.ofString());
                    assertThat(response.statusCode()).isEqualTo(Integer.parseInt(status.substring(0, 3)));
                    assertThat(response.body()).isEmpty();
                }
                assertThat(connections).hasSize(1);
            }
        }
    }

    /** Facts, section E, case 9. */
    @ParameterizedTest
    @EnumSource(Version.class)
    void interimResponsesAreNotTheResponse(Version version) throws Exception {
        List<String> parts = List.of(
                "HTTP/1.1 100 Continue\r\n\r\n",
                "HTTP/1.1 102 Processing\r\n\r\n",
                "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n",
                "HTTP/1.1 103 Early Hints\r\nLink: </b>; rel=preload\r\n\r\n",
                RawUpstream.ok("final"));
        try (RawUpstream up = RawUpstream.answering((request, socket) -> {
                    socket.setTcpNoDelay(true);
                    if (request.target().equals("/one")) {
                        RawUpstream.write(socket, String.join("", parts));
                    } else {
                        for (String part : parts) {
                            RawUpstream.write(socket, part.substring(0, 12));
                            RawUpstream.write(socket, part.substring(12));
                        }
                    }
                });
                LocalProxy local = LocalProxy.to(up.uri())) {
            for (String path : List.of("/one", "/several", "/one")) {
                HttpResponse<String> response = get(local, version, path);
                assertThat(response.statusCode()).isEqualTo(200);
                assertThat(response.body()).isEqualTo("final");
                assertThat(response.headers().firstValue("Link")).isEmpty();
            }
        }
    }

    /** Facts, section E, case 11. */
    @ParameterizedTest
    @CsvSource({"GET, 200", "HEAD, 200", "PUT, 200", "DELETE, 200", "POST, 502"})
    void requestOnAConnectionThatEndsAtReuseIsRepeatedIfItMayBe(String method, int status) throws Exception {
        Set<Socket> connections = ConcurrentHashMap.newKeySet();
        try (RawUpstream up = RawUpstream.answering((request, socket) -> {
                    if (connections.add(socket)) {
                        RawUpstream.write(socket, OK + "Content-Length: 0\r\n\r\n");
                    } else {
                        socket.close();
                    }
                });
                LocalProxy local = LocalProxy.to(up.uri())) {
            // one connection of the client, so that the upstream's is kept by the I/O thread that uses it again
            HttpClient client = local.client(Version.HTTP_1_1);
            assertThat(client.send(local.request("/").build(), BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(200);
            HttpResponse<String> second = client.send(
                    local.request("/").method(method, BodyPublishers.noBody()).build(), BodyHandlers.ofString());
            assertThat(second.statusCode()).isEqualTo(status);
            assertThat(connections).hasSize(status == 200 ? 2 : 1);
        }
    }

    /** Facts, section E, case 12; the third part of it is TlsUpstreamIT's. */
    @ParameterizedTest
    @CsvSource({"'Content-Length: 10\r\n\r\nhello'", "'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'"})
    void truncatedResponseIsNoCompleteOne(String rest) throws Exception {
        for (Version version : Version.values()) {
            Semaphore clientHasSome = new Semaphore(0);
            try (RawUpstream up = RawUpstream.answering((request, socket) -> {
                        RawUpstream.write(socket, OK + rest);
                        clientHasSome.acquireUninterruptibly();
                        socket.close();
                    });
                    LocalProxy local = LocalProxy.to(up.uri())) {
                HttpResponse<java.io.InputStream> response =
                        local.client(version).send(local.request("/").build(), BodyHandlers.ofInputStream());
                assertThat(response.body().readNBytes(5)).asString().isEqualTo("hello");
                clientHasSome.release();
                assertThatThrownBy(() -> response.body().readAllBytes()).isInstanceOf(IOException.class);
            }
        }
    }

    /** Most clients do not look for close_notify: to them the end of the connection is no end of a response. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void truncationIsSeenOnAConnectionThatIsNotKept(boolean complete) throws Exception {
        Semaphore clientHasSome = new Semaphore(0);
        try (RawUpstream up = RawUpstream.answering((request, socket) -> {
                    RawUpstream.write(socket, OK + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
                    clientHasSome.acquireUninterruptibly();
                    RawUpstream.write(socket, complete ? "0\r\n\r\n" : "");
                    socket.close();
                });
                LocalProxy local = LocalProxy.to(up.uri());
                RawTlsClient client = local.http1()) {
            client.send("GET / HTTP/1.1\r\nHost: " + local.authority() + "\r\nConnection: close\r\n\r\n");
            assertThat(client.readHead()).contains("Connection: close\r\n", "Transfer-Encoding: chunked\r\n");
            assertThat(client.socket().getInputStream().readNBytes(9))
                    .asString()
                    .endsWith("\r\nhello");
            clientHasSome.release();
            if (complete) {
                assertThat(client.readToEnd()).isEqualTo("\r\n0\r\n\r\n");
            } else {
                assertThatThrownBy(client::readToEnd).hasMessageContaining("close_notify");
            }
        }
    }

    @Test
    void trailersPassWithoutThoseThatWouldActTooLate() throws Exception {
        try (RawUpstream up = RawUpstream.answering((request, socket) -> RawUpstream.write(
                        socket,
                        OK + "Transfer-Encoding: chunked\r\n\r\n2;ext=x\r\nok\r\n"
                                + "0\r\nX-Sum: 1\r\nContent-Length: 5\r\nSet-Cookie: a=b\r\n\r\n"));
                LocalProxy local = LocalProxy.to(up.uri());
                RawTlsClient client = local.http1()) {
            client.send("GET / HTTP/1.1\r\nHost: " + client.authority() + "\r\nTE: trailers\r\nConnection: TE\r\n\r\n");
            assertThat(client.readHead()).containsIgnoringCase("Transfer-Encoding: chunked");
            String body = "02\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n";
            assertThat(client.socket().getInputStream().readNBytes(body.length()))
                    .asString()
                    .isEqualTo(body);
        }
    }

    private static HttpResponse<String> get(LocalProxy local, Version version, String path) throws Exception {
        return local.client(version).send(local.request(path).build(), BodyHandlers.ofString());
    }

    private List<String> log() {
        return logged.toString(StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.contains("malformed"))
                .toList();
    }
}
