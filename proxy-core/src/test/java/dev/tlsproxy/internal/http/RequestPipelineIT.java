package dev.tlsproxy.internal.http;

import static dev.tlsproxy.internal.http.RawUpstream.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tlsproxy.spi.ExchangeFilter;
import dev.tlsproxy.spi.UpgradeHandler;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class RequestPipelineIT {

    private static final String GET = "GET / HTTP/1.1\r\nHost: a.example.com\r\nConnection: close\r\n\r\n";
    private PipelineFixture proxy;

    @BeforeEach
    void open() throws Exception {
        proxy = new PipelineFixture();
    }

    @AfterEach
    void close() {
        proxy.close();
    }

    private static String get(String target) {
        return "GET " + target + " HTTP/1.1\r\nHost: a.example.com\r\nConnection: close\r\n\r\n";
    }

    @Test
    void passesRequestAndResponse() throws Exception {
        proxy.route("a.example.com", "").start();
        String response = proxy.exchange(GET);
        assertThat(response)
                .startsWith("HTTP/1.1 200 OK\r\n")
                .endsWith("\r\n\r\nok")
                .contains("Via: 1.1 tlsproxy\r\n");
        assertThat(proxy.upstream.head())
                .startsWith("GET / HTTP/1.1\r\n")
                .contains("Host: a.example.com\r\n")
                .contains("X-Forwarded-For: 127.0.0.1\r\n")
                .contains("X-Real-IP: 127.0.0.1\r\n")
                .contains("X-Forwarded-Proto: https\r\n")
                .contains("X-Forwarded-Host: a.example.com\r\n")
                .contains("X-Forwarded-Port: 8443\r\n")
                .contains("Via: 1.1 tlsproxy\r\n")
                .doesNotContain("X-Forwarded-Server");
        var summary = proxy.summary();
        assertThat(summary.status()).isEqualTo(200);
        assertThat(summary.failure()).isEmpty();
        assertThat(summary.route()).contains("a.example.com");
        assertThat(summary.responseBytes()).isEqualTo(2);
        await().until(() -> proxy.inFlight.running() == 0);
    }

    /** E10. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/announce?info_hash=%00%ff%0D%0Aabc&p=a+b;c,d&x",
                "/p%2Fq//r/../s/./t;k=v;z/u",
                "/%FF%fe/x",
                "//double//slash",
                "/a[b]?c[d]=1",
                "/x%20y?z=%20&",
                "/x?a=|\"<>^`{}\\",
                "/raw\u00e9\u0080\u00ff?q=\u00ff\u0080",
                "/%7e~?%7E=~",
                "/q?a?b?c",
                "/q??a=1&b=2",
                "/q???",
                "/q?a=1&?a=2",
                "/q??a=1&a=2",
                "/q??",
            })
    void passesRequestTargetByteForByte(String target) throws Exception {
        proxy.route("a.example.com", "").start();
        assertThat(proxy.exchange(get(target))).startsWith("HTTP/1.1 200");
        assertThat(proxy.upstream.head()).startsWith("GET " + target + " HTTP/1.1\r\n");
        assertThat(proxy.summary().target()).isEqualTo(target);
    }

    /** E10: nothing that could end the request line passes. */
    @ParameterizedTest
    @ValueSource(strings = {"/a\tb", "/a\u0001b", "/a#b", "/a\u007fb", "/a%zz", "/a%2", "/a\rb", "/a\nX: y", "*"})
    void refusesBadTargets(String target) throws Exception {
        proxy.route("a.example.com", "").start();
        assertThat(proxy.exchange(get(target))).startsWith("HTTP/1.1 400");
        assertThat(proxy.upstream.heads).isEmpty();
    }

    /** E18. */
    @Test
    void refusesConnectAndTrace() throws Exception {
        proxy.route("a.example.com", "").start();
        assertThat(proxy.exchange("TRACE / HTTP/1.1\r\nHost: a.example.com\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 405 Method Not Allowed\r\n")
                .contains("Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n")
                .endsWith("\r\n\r\n405 Method Not Allowed: method not allowed\n");
        assertThat(proxy.exchange("CONNECT a.example.com:443 HTTP/1.1\r\nHost: a.example.com:443\r\n\r\n"))
                .startsWith("HTTP/1.1 405");
        assertThat(proxy.upstream.heads).isEmpty();
    }

    /** E18. */
    @Test
    void passesAbsoluteFormAsOriginForm() throws Exception {
        proxy.route("a.example.com", "").start();
        proxy.exchange(get("http://a.example.com/abs?q"));
        assertThat(proxy.upstream.head()).startsWith("GET /abs?q HTTP/1.1\r\n");
        proxy.exchange(get("https://a.example.com"));
        assertThat(proxy.upstream.head()).startsWith("GET / HTTP/1.1\r\n");
        assertThat(proxy.exchange(get("http://evil.a.example.com/"))).startsWith("HTTP/1.1 400");
        proxy.exchange("OPTIONS * HTTP/1.1\r\nHost: a.example.com\r\nConnection: close\r\n\r\n");
        assertThat(proxy.upstream.head()).startsWith("OPTIONS * HTTP/1.1\r\n");
    }

    /** E5. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1|Transfer-Encoding: xchunked",
                "HTTP/1.1|Transfer-Encoding: chunked, identity",
                "HTTP/1.1|Transfer-Encoding: gzip",
                "HTTP/1.1|Transfer-Encoding: identity",
                "HTTP/1.0|Transfer-Encoding: chunked",
                "HTTP/1.1|Transfer-Encoding: chunked\r\nContent-Length: 5",
                "HTTP/1.1|Content-Length: 18446744073709551621",
                "HTTP/1.1|Content-Length: +5",
                "HTTP/1.1|Content-Length: 5\r\nContent-Length: 5",
            })
    void refusesAmbiguousFraming(String versionAndFields) throws Exception {
        proxy.route("a.example.com", "").start();
        String[] parts = versionAndFields.split("\\|");
        String response = proxy.exchange(
                "POST / " + parts[0] + "\r\nHost: a.example.com\r\n" + parts[1] + "\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
        assertThat(response).matches("(?s)HTTP/1\\.[01] (400|501) .*").contains("Connection: close");
        assertThat(proxy.upstream.heads).isEmpty();
    }

    /** E6. */
    @Test
    void stripsHopByHopFieldsBothWays() throws Exception {
        proxy.route("a.example.com", "").start();
        proxy.upstream.answers("HTTP/1.1 200 OK\r\nConnection: close, X-Secret\r\nKeep-Alive: timeout=5\r\n"
                + "X-Secret: 1\r\nUpgrade: h2,h2c\r\nProxy-Authenticate: x\r\nContent-Length: 2\r\n\r\nok");
        try (Socket client = proxy.connect()) {
            for (int i = 0; i < 2; i++) {
                client.getOutputStream()
                        .write(bytes("GET / HTTP/1.1\r\nHost: a.example.com\r\n"
                                + "Connection: keep-alive, X-Hop, X-Forwarded-For, Host, Upgrade\r\n"
                                + "Upgrade: h2c\r\nHTTP2-Settings: AAA\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nTE: gzip\r\n"
                                + "Proxy-Connection: x\r\nProxy-Authorization: y\r\nTrailer: z\r\n\r\n"));
                assertThat(PipelineFixture.readResponse(client))
                        .as("the client connection outlives the upstream's")
                        .startsWith("HTTP/1.1 200 OK\r\n")
                        .doesNotContainIgnoringCase("secret", "keep-alive", "upgrade", "proxy-auth", "connection");
                assertThat(proxy.upstream.head())
                        .contains("X-Forwarded-For: 127.0.0.1\r\n", "Host: a.example.com\r\n")
                        .doesNotContainIgnoringCase(
                                "x-hop", "keep-alive", "te: ", "proxy-", "trailer", "upgrade", "settings");
            }
        }
    }

    /** E16. */
    @Test
    void closeDelimitsChunkedResponseForHttp10() throws Exception {
        proxy.route("a.example.com", "").start();
        proxy.upstream.answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n");
        assertThat(proxy.exchange("GET / HTTP/1.0\r\nHost: a.example.com\r\nConnection: keep-alive\r\n\r\n"))
                .contains("Connection: close")
                .doesNotContain("Transfer-Encoding")
                .endsWith("\r\n\r\nok");
    }

    @Test
    void keepsHttp10ConnectionThatAsksForIt() throws Exception {
        proxy.route("a.example.com", "").start();
        assertThat(proxy.exchange("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"))
                .contains("Connection: keep-alive");
        assertThat(proxy.upstream.head())
                .as("the SNI name stands in for the missing host")
                .contains("X-Forwarded-Host: a.example.com\r\n")
                .contains("Host: a.example.com\r\n");
    }

    @Test
    void answers404And421() throws Exception {
        proxy.route("a.example.com", "/only").start();
        assertThat(proxy.exchange(GET)).startsWith("HTTP/1.1 404").endsWith("404 Not Found: no route\n");
        assertThat(proxy.exchange("GET / HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 421");
        assertThat(proxy.exchange("GET / HTTP/1.1\r\nHost: b.example.com\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 404");
    }

    @Test
    void stripsPrefixAndTellsIt() throws Exception {
        proxy.route("a.example.com", "/api", true, -1, e -> UpgradeHandler.Decision.pass())
                .start();
        proxy.exchange(get("/api/v1?x="));
        assertThat(proxy.upstream.head())
                .startsWith("GET /v1?x= HTTP/1.1\r\n")
                .contains("X-Forwarded-Prefix: /api\r\n");
        proxy.exchange(get("/api?x"));
        assertThat(proxy.upstream.head()).startsWith("GET /?x HTTP/1.1\r\n");
    }

    @Test
    void answers502WhenUpstreamRefusesOrCloses() throws Exception {
        proxy.route("b.example.com", "", false, -1, e -> UpgradeHandler.Decision.pass(), 1)
                .route("a.example.com", "")
                .start();
        assertThat(proxy.exchange("GET /key HTTP/1.1\r\nHost: b.example.com\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 502 Bad Gateway\r\n")
                .endsWith("\r\n\r\n502 Bad Gateway: upstream refused the connection\n");
        assertThat(proxy.summary().failure()).contains("upstream refused the connection");
        proxy.upstream.does((head, in, out) -> out.close());
        assertThat(proxy.exchange(GET)).endsWith("502 Bad Gateway: upstream closed the connection\n");
        await().until(() -> proxy.inFlight.running() == 0);
    }

    /** E14: the answer comes before the upload ends. */
    @Test
    void answers413AtOnceByContentLength() throws Exception {
        proxy.route("a.example.com", "", false, 10, e -> UpgradeHandler.Decision.pass())
                .start();
        assertThat(proxy.exchange("POST / HTTP/1.1\r\nHost: a.example.com\r\nContent-Length: 5000000000\r\n\r\nhello"))
                .startsWith("HTTP/1.1 413")
                .contains("Connection: close\r\n")
                .endsWith("request body is too large\n");
    }

    /** E14. */
    @Test
    void answers413WhileChunkedBodyStreams() throws Exception {
        proxy.route("a.example.com", "", false, 10, e -> UpgradeHandler.Decision.pass())
                .start();
        proxy.upstream.does((head, in, out) -> in.readAllBytes());
        try (Socket client = proxy.connect()) {
            client.getOutputStream()
                    .write(bytes("POST / HTTP/1.1\r\nHost: a.example.com\r\nTransfer-Encoding: chunked\r\n\r\n"));
            client.getOutputStream().write(bytes("5\r\nhello\r\n"));
            proxy.upstream.head();
            client.getOutputStream().write(bytes("8\r\n12345678\r\n"));
            assertThat(PipelineFixture.readResponse(client))
                    .startsWith("HTTP/1.1 413")
                    .contains("Connection: close\r\n");
        }
        assertThat(proxy.summary().failure()).contains("request body is too large");
        await().until(() -> proxy.inFlight.running() == 0);
    }

    /** E20. */
    @Test
    void answers408WhenRequestBodyStalls() throws Exception {
        proxy.bodyIdle = Duration.ofMillis(300);
        proxy.route("a.example.com", "").start();
        proxy.upstream.does((head, in, out) -> in.readAllBytes());
        assertThat(proxy.exchange("POST / HTTP/1.1\r\nHost: a.example.com\r\nContent-Length: 10\r\n\r\nhello"))
                .startsWith("HTTP/1.1 408")
                .endsWith("request body made no progress\n");
        assertThat(proxy.summary().requestBytes()).isEqualTo(5);
    }

    @Test
    void cutsStalledResponseButNotSilentEventStream() throws Exception {
        proxy.bodyIdle = Duration.ofMillis(300);
        proxy.route("a.example.com", "").start();
        proxy.upstream.answers("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
        try (Socket client = proxy.connect()) {
            client.getOutputStream().write(bytes(GET));
            byte[] all = client.getInputStream().readAllBytes();
            assertThat(new String(all, StandardCharsets.ISO_8859_1)).endsWith("hello");
        }
        assertThat(proxy.summary().failure()).contains("response body made no progress");
        proxy.upstream.does((head, in, out) -> {
            out.write(bytes("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n"));
            out.flush();
            in.readNBytes(1);
        });
        try (Socket client = proxy.connect()) {
            client.getOutputStream().write(bytes(GET.replace("HTTP/1.1", "HTTP/1.0"))); // without chunks
            RawUpstream.readHead(client.getInputStream());
            client.setSoTimeout(1_500);
            assertThat(client.getInputStream().readNBytes(9)).isEqualTo(bytes("data: 1\n\n"));
            org.assertj.core.api.Assertions.assertThatThrownBy(
                            () -> client.getInputStream().read())
                    .isInstanceOf(java.net.SocketTimeoutException.class);
        }
        assertThat(proxy.summary().failure()).contains("client left");
        await().until(() -> proxy.inFlight.running() == 0);
    }

    /** E7. */
    @Test
    void replacesSpoofedForwardingFields() throws Exception {
        proxy.route("a.example.com", "").start();
        proxy.exchange("GET / HTTP/1.1\r\nHost: a.example.com\r\nConnection: close\r\nX-Forwarded-For: 6.6.6.6\r\n"
                + "X-Forwarded-For: 7.7.7.7\r\nForwarded: for=6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\nSSL_CLIENT_CERT: x\r\n"
                + "X_Forwarded_For: 6.6.6.6\r\nX-Forwarded-Host: 6.6.6.6\r\nX-Forwarded-Proto: http\r\n"
                + "Client-Cert: x\r\napi_key: stays\r\nX-Request-Id: stays\r\n\r\n");
        assertThat(proxy.upstream.head())
                .contains("api_key: stays\r\n", "X-Request-Id: stays\r\n", "X-Forwarded-For: 127.0.0.1\r\n")
                .doesNotContain("6.6.6.6", "7.7.7.7", "Cert", "CERT", "Forwarded: ", "X-Forwarded-Proto: http\r\n");
    }

    @Test
    void runsFiltersInOrderAndBack() throws Exception {
        List<String> calls = new CopyOnWriteArrayList<>();
        proxy.route("a.example.com", "", named("1", calls), named("2", calls)).start();
        assertThat(proxy.exchange(GET)).contains("X-1: 1\r\n").contains("X-2: 1\r\n");
        assertThat(proxy.upstream.head()).contains("Q-1: 1\r\n").contains("Q-2: 1\r\n");
        assertThat(calls).containsExactly("request 1", "request 2", "response 2 200", "response 1 200");
        calls.clear();
        proxy.upstream.does((head, in, out) -> out.close());
        assertThat(proxy.exchange(GET)).startsWith("HTTP/1.1 502").contains("X-1: 1\r\n");
        assertThat(calls).containsExactly("request 1", "request 2", "response 2 502", "response 1 502");
    }

    private static ExchangeFilter named(String name, List<String> calls) {
        return new ExchangeFilter() {
            @Override
            public void request(Exchange exchange) {
                calls.add("request " + name);
                exchange.upstreamRequest().set("Q-" + name, "1");
            }

            @Override
            public void response(Exchange exchange) {
                calls.add("response " + name + " " + exchange.status());
                exchange.clientResponse().set("X-" + name, "1");
            }
        };
    }

    @Test
    void letsFilterAnswer() throws Exception {
        proxy.route("a.example.com", "", new ExchangeFilter() {
                    @Override
                    public void request(Exchange exchange) {
                        exchange.respond(418, "text/x", bytes("tea"));
                    }
                })
                .start();
        assertThat(proxy.exchange(GET))
                .startsWith("HTTP/1.1 418")
                .contains("Content-Type: text/x\r\n")
                .endsWith("\r\n\r\ntea");
        assertThat(proxy.upstream.heads).isEmpty();
    }

    @Test
    void answers500WhenFilterThrows() throws Exception {
        proxy.route("a.example.com", "", new ExchangeFilter() {
                    @Override
                    public void request(Exchange exchange) {
                        if (exchange.target().equals("/in")) {
                            throw new IllegalStateException("expected by the test");
                        }
                    }

                    @Override
                    public void response(Exchange exchange) {
                        if (exchange.target().equals("/out")) {
                            throw new IllegalStateException("expected by the test");
                        }
                    }
                })
                .start();
        assertThat(proxy.exchange(get("/in"))).endsWith("500 Internal Server Error: internal error\n");
        assertThat(proxy.exchange(get("/out"))).endsWith("500 Internal Server Error: internal error\n");
        assertThat(proxy.exchange(get("/"))).startsWith("HTTP/1.1 200");
    }

    /** E17. */
    @Test
    void tunnelsWebSocket() throws Exception {
        proxy.route("a.example.com", "").start();
        proxy.upstream.does((head, in, out) -> {
            out.write(bytes("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Accept: x\r\n\r\nEAGER"));
            out.flush();
            out.write(in.readNBytes(4));
        });
        try (Socket client = proxy.connect()) {
            client.getOutputStream()
                    .write(bytes("GET /ws HTTP/1.1\r\nHost: a.example.com\r\nConnection: keep-alive, Upgrade\r\n"
                            + "Upgrade: websocket\r\nSec-WebSocket-Key: k\r\nOrigin: https://o\r\n\r\n"));
            assertThat(RawUpstream.readHead(client.getInputStream()))
                    .startsWith("HTTP/1.1 101 Switching Protocols\r\n")
                    .contains("Connection: Upgrade\r\n", "Upgrade: websocket\r\n", "Sec-WebSocket-Accept: x\r\n");
            assertThat(client.getInputStream().readNBytes(5)).isEqualTo(bytes("EAGER"));
            assertThat(proxy.upstream.head())
                    .contains("Connection: Upgrade\r\n", "Upgrade: websocket\r\n", "Sec-WebSocket-Key: k\r\n")
                    .contains("Origin: https://o\r\n");
            client.getOutputStream().write(bytes("ping"));
            assertThat(client.getInputStream().readNBytes(4)).isEqualTo(bytes("ping"));
            assertThat(proxy.inFlight.running()).as("tunnels are not counted").isZero();
            assertThat(proxy.ended).isEmpty();
        }
        var summary = proxy.summary();
        assertThat(summary.upgraded()).isTrue();
        assertThat(summary.status()).isEqualTo(101);
        assertThat(summary.failure()).isEmpty();
    }

    @Test
    void asksUpgradeHandlerForUpgradesOnly() throws Exception {
        proxy.route("a.example.com", "", false, -1, e -> UpgradeHandler.Decision.refuse(403, "no"))
                .start();
        assertThat(proxy.exchange("GET / HTTP/1.1\r\nHost: a.example.com\r\nConnection: Upgrade\r\n"
                        + "Upgrade: websocket\r\n\r\n"))
                .endsWith("\r\n\r\n403 Forbidden: no\n");
        assertThat(proxy.exchange(GET)).startsWith("HTTP/1.1 200");
    }

    @Test
    void closesConnectionsWhileDraining() throws Exception {
        proxy.route("a.example.com", "").start();
        proxy.inFlight.drain();
        assertThat(proxy.exchange("GET / HTTP/1.1\r\nHost: a.example.com\r\n\r\n"))
                .startsWith("HTTP/1.1 200")
                .contains("Connection: close\r\n");
        assertThat(proxy.exchange("GET / HTTP/1.1\r\nHost: a.example.com\r\nConnection: Upgrade\r\n"
                        + "Upgrade: websocket\r\n\r\n"))
                .startsWith("HTTP/1.1 503")
                .contains("Retry-After: 1\r\n");
        assertThat(proxy.inFlight.awaitIdle(Duration.ofSeconds(5))).isTrue();
    }

    @Test
    void filtersTrailersBothWays() throws Exception {
        proxy.route("a.example.com", "").start();
        proxy.upstream.does((head, in, out) -> {
            StringBuilder body = new StringBuilder();
            while (body.indexOf("\r\n\r\n") < 0) {
                body.append((char) in.read());
            }
            proxy.upstream.heads.add(body.toString());
            out.write(bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n"
                    + "Content-Length: 7\r\nGrpc-Status: 0\r\nSet-Cookie: a=b\r\n\r\n"));
        });
        try (Socket client = proxy.connect()) {
            client.getOutputStream()
                    .write(bytes("POST / HTTP/1.1\r\nHost: a.example.com\r\nTransfer-Encoding: chunked\r\n\r\n"
                            + "2\r\nhi\r\n0\r\nX-Sum: 1\r\nX-Forwarded-For: 6.6.6.6\r\nHost: evil\r\n\r\n"));
            String head = RawUpstream.readHead(client.getInputStream());
            String body = RawUpstream.readHead(client.getInputStream());
            assertThat(head).contains("ransfer-Encoding: chunked");
            assertThat(body).contains("rpc-").doesNotContainIgnoringCase("content-length", "set-cookie");
        }
        proxy.upstream.head();
        assertThat(proxy.upstream.head()).contains("hi").doesNotContain("6.6.6.6", "evil");
    }

    @Test
    void survivesFailingListener() throws Exception {
        proxy.events = new dev.tlsproxy.spi.ProxyEvents() {
            @Override
            public void exchangeEnded(dev.tlsproxy.spi.ExchangeSummary exchange) {
                proxy.ended.add(exchange);
                throw new IllegalStateException("expected by the test");
            }
        };
        proxy.route("a.example.com", "").start();
        try (Socket client = proxy.connect()) {
            for (int i = 0; i < 2; i++) {
                client.getOutputStream().write(bytes("GET / HTTP/1.1\r\nHost: a.example.com\r\n\r\n"));
                assertThat(PipelineFixture.readResponse(client)).startsWith("HTTP/1.1 200");
                assertThat(proxy.summary().failure()).isEqualTo(Optional.empty());
            }
        }
    }

    @Test
    void keepsPipelinedRequestThatComesWhileAnotherWaits() throws Exception {
        proxy.bodyIdle = Duration.ofMillis(80);
        proxy.route("a.example.com", "").start();
        CountDownLatch release = new CountDownLatch(1);
        proxy.upstream.does((head, in, out) -> {
            release.await();
            out.write(bytes(RawUpstream.OK));
        });
        try (Socket client = proxy.connect()) {
            client.getOutputStream().write(bytes("GET /1 HTTP/1.1\r\nHost: a.example.com\r\n\r\n"));
            assertThat(proxy.upstream.head()).startsWith("GET /1 ");
            client.getOutputStream().write(bytes("GET /2 HTTP/1.1\r\nHost: a.example.com\r\n\r\n"));
            await().pollDelay(Duration.ofMillis(300)).until(() -> proxy.inFlight.running() == 1);
            release.countDown();
            assertThat(PipelineFixture.readResponse(client)).startsWith("HTTP/1.1 200");
            assertThat(PipelineFixture.readResponse(client)).startsWith("HTTP/1.1 200");
            assertThat(proxy.upstream.head()).startsWith("GET /2 ");
        }
    }

    @Test
    void tellsUpstreamRoomOfClientThatLeavesWhileItWaits() throws Exception {
        proxy.route("a.example.com", "").start();
        proxy.upstream.does((head, in, out) -> in.readAllBytes());
        try (Socket client = proxy.connect()) {
            client.getOutputStream().write(bytes(GET));
            proxy.upstream.head();
        }
        var summary = proxy.summary();
        assertThat(summary.status()).isZero();
        assertThat(summary.failure()).contains("client left");
        assertThat(proxy.proxyClient.released).hasValue(1);
    }

    @Test
    void endsExchangeOfClientThatLeft() throws Exception {
        proxy.route("a.example.com", "").start();
        proxy.upstream.does((head, in, out) -> {
            out.write(bytes("HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n"));
            byte[] block = new byte[65536];
            while (true) {
                out.write(block);
            }
        });
        try (Socket client = proxy.connect()) {
            client.getOutputStream().write(bytes(GET));
            RawUpstream.readHead(client.getInputStream());
        }
        assertThat(proxy.summary().failure()).contains("response was cut");
        await().until(() -> proxy.inFlight.running() == 0);
    }
}
