package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.internal.http.H2Client;
import dev.tlsproxy.testing.EchoListener;
import dev.tlsproxy.testing.RawUpstream;
import dev.tlsproxy.testing.StreamingUpstream;
import dev.tlsproxy.testing.WebSocketAnswer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each time-out of the proxy ends what it is for, and nothing else, through real TLS. */
@Timeout(30)
class TimeoutsIT {

    private static final Duration SHORT = Duration.ofMillis(300);
    private static final Duration SOON = Duration.ofSeconds(4);

    /** For what must not end by it: many times the pauses of a machine that is busy elsewhere. */
    private static final Duration LONGER = Duration.ofSeconds(1);

    private static final Timeouts OTHERS = Timeouts.defaults().bodyIdle(Duration.ofSeconds(20));

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100})
    void cutsHandshakeThatIsNotComplete(int bytesOfClientHello) throws Exception {
        try (LocalProxy local = with(OTHERS.handshake(SHORT), "http://127.0.0.1:1")) {
            try (Socket socket = new Socket(
                    InetAddress.getLoopbackAddress(),
                    local.proxy.addresses().https().getPort())) {
                socket.setSoTimeout(10_000);
                byte[] hello = new byte[200];
                hello[0] = 22;
                hello[1] = 3;
                hello[2] = 1;
                hello[4] = (byte) 195;
                hello[5] = 1;
                hello[8] = (byte) 191;
                socket.getOutputStream().write(hello, 0, bytesOfClientHello);

                assertEndsAfter(
                        SHORT, () -> assertThat(socket.getInputStream().read()).isEqualTo(-1));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"G", "GET / HTTP/1.1\r\nHo"})
    void cutsHalfRequestHead(String half) throws Exception {
        try (LocalProxy local = with(OTHERS.requestHead(SHORT), "http://127.0.0.1:1");
                RawTlsClient client = local.http1()) {
            client.send(half);

            assertEndsAfter(SHORT, () -> assertThat(readToEndOrReset(client)).isEmpty());
        }
    }

    /** Slowloris: each byte in time, the head never. */
    @Test
    void cutsRequestHeadThatTrickles() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        try (LocalProxy local = with(OTHERS.requestHead(SHORT), "http://127.0.0.1:1");
                RawTlsClient client = local.http1()) {
            client.send("GET / HTTP/1.1\r\nX: ");
            CompletableFuture<Void> trickle = CompletableFuture.runAsync(() -> {
                try {
                    while (!over.await(50, TimeUnit.MILLISECONDS)) {
                        client.send("x");
                    }
                } catch (IOException | InterruptedException e) {
                    // cut, as it should be
                }
            });

            assertEndsAfter(SHORT, () -> assertThat(readToEndOrReset(client)).isEmpty());
            over.countDown();
            trickle.get(5, TimeUnit.SECONDS);
        }
    }

    @Test
    void cutsHalfRequestHeadOnHttp2() throws Exception {
        try (LocalProxy local = with(OTHERS.keepAlive(SHORT), "http://127.0.0.1:1");
                RawTlsClient tls = RawTlsClient.connect(local.proxy, LocalProxy.HOST, "h2");
                H2Client client = new H2Client(tls.socket())) {
            client.frame(1, 0, 1, new byte[] {(byte) 0x82}); // HEADERS without END_HEADERS

            assertEndsAfter(SHORT, () -> readToEndOrReset(tls));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void cutsIdleConnection(int requestsBefore) throws Exception {
        try (RawUpstream upstream = RawUpstream.saying("hello");
                LocalProxy local = with(OTHERS.keepAlive(SHORT), upstream.uri());
                RawTlsClient client = local.http1()) {
            for (int i = 0; i < requestsBefore; i++) {
                client.send(get(local));
                assertThat(client.readResponse()).endsWith("hello");
            }

            assertEndsAfter(SHORT, () -> assertThat(readToEndOrReset(client)).isEmpty());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void cutsIdleConnectionOnHttp2(int requestsBefore) throws Exception {
        try (RawUpstream upstream = RawUpstream.saying("hello");
                LocalProxy local = with(OTHERS.keepAlive(SHORT), upstream.uri());
                RawTlsClient tls = RawTlsClient.connect(local.proxy, LocalProxy.HOST, "h2");
                H2Client client = new H2Client(tls.socket())) {
            for (int i = 0; i < requestsBefore; i++) {
                client.headers(1, H2Client.END_STREAM, local.fields("GET", "/"));
                assertThat(client.response(1)).containsEntry("body", "hello");
            }

            assertEndsAfter(SHORT, () -> readToEndOrReset(tls));
        }
    }

    @Test
    void cutsHttp2ConnectionOfClientThatResetItsOnlyStream() throws Exception {
        try (StreamingUpstream upstream = new StreamingUpstream((head, in, out) -> in.readAllBytes());
                LocalProxy local = with(OTHERS.keepAlive(SHORT), upstream.uri());
                RawTlsClient tls = RawTlsClient.connect(local.proxy, LocalProxy.HOST, "h2");
                H2Client client = new H2Client(tls.socket())) {
            client.headers(1, H2Client.END_STREAM, local.fields("GET", "/"));
            Awaitility.await().atMost(SOON).until(() -> upstream.open() == 1);
            client.reset(1);

            assertEndsAfter(SHORT, () -> readToEndOrReset(tls));
        }
    }

    /** Neither the keep-alive nor the head's time-out counts while a response is awaited. */
    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void idleTimesDoNotCountWhileTheUpstreamThinks(HttpClient.Version version) throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        try (RawUpstream upstream = RawUpstream.answering((request, connection) -> {
                    await(never, 3000);
                    RawUpstream.write(connection, RawUpstream.ok("late"));
                });
                LocalProxy local = with(
                        OTHERS.keepAlive(LONGER)
                                .requestHead(LONGER)
                                .bodyIdle(LONGER)
                                .handshake(Duration.ofSeconds(10)),
                        upstream.uri())) {
            assertThat(local.client(version)
                            .send(local.request("/").build(), BodyHandlers.ofString())
                            .body())
                    .isEqualTo("late");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 10\r\n\r\nhalf", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"})
    void answers408WhenTheRequestBodyStalls(String fieldsAndHalf) throws Exception {
        try (StreamingUpstream upstream = new StreamingUpstream((head, in, out) -> in.readAllBytes());
                LocalProxy local = with(OTHERS.bodyIdle(SHORT), upstream.uri());
                RawTlsClient client = local.http1()) {
            client.send("POST / HTTP/1.1\r\nHost: " + local.authority() + "\r\n" + fieldsAndHalf);

            assertEndsAfter(
                    SHORT,
                    () -> assertThat(client.readResponse())
                            .startsWith("HTTP/1.1 408 Request Time-out\r\n")
                            .endsWith("\r\n\r\n408 Request Time-out: request body made no progress\n"));
            Awaitility.await().atMost(SOON).until(() -> upstream.open() == 0);
        }
    }

    /** Facts, section E, case 20: less than a byte a second. No two of them come within a second and a half of each other. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void answers408WhenTheRequestBodyTrickles(boolean http2) throws Exception {
        try (StreamingUpstream upstream = new StreamingUpstream((head, in, out) -> in.readAllBytes());
                LocalProxy local = with(OTHERS.bodyIdle(Duration.ofSeconds(2)), upstream.uri());
                RawTlsClient tls = RawTlsClient.connect(local.proxy, LocalProxy.HOST, http2 ? "h2" : "http/1.1")) {
            H2Client frames = http2 ? new H2Client(tls.socket()) : null;
            if (frames == null) {
                tls.send("POST / HTTP/1.1\r\nHost: " + local.authority() + "\r\nContent-Length: 1000\r\n\r\n");
            } else {
                frames.headers(1, 0, local.fields("POST", "/"));
            }
            CountDownLatch over = new CountDownLatch(1);
            CompletableFuture<Void> trickle = CompletableFuture.runAsync(() -> {
                try {
                    while (!over.await(1_500, TimeUnit.MILLISECONDS)) {
                        if (frames == null) {
                            tls.send("x");
                        } else {
                            frames.data(1, 0, "x");
                        }
                    }
                } catch (IOException | InterruptedException e) {
                    // cut, as it should be
                }
            });

            String answer =
                    frames == null ? tls.readResponse() : frames.response(1).toString();
            assertThat(answer).contains("408 Request Time-out: request body made no progress");
            over.countDown();
            trickle.get(5, TimeUnit.SECONDS);
            Awaitility.await().atMost(SOON).until(() -> upstream.open() == 0);
        }
    }

    @Test
    void answers408WhenTheRequestBodyStallsOnHttp2() throws Exception {
        try (StreamingUpstream upstream = new StreamingUpstream((head, in, out) -> in.readAllBytes());
                LocalProxy local = with(OTHERS.bodyIdle(SHORT), upstream.uri());
                H2Client client = local.http2()) {
            client.headers(1, 0, local.fields("POST", "/"));
            client.data(1, 0, "half");

            assertEndsAfter(
                    SHORT,
                    () -> assertThat(client.response(1))
                            .containsEntry(":status", "408")
                            .containsEntry("body", "408 Request Time-out: request body made no progress\n"));
            Awaitility.await().atMost(SOON).until(() -> upstream.open() == 0);
        }
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void answers504WhenConnectingTakesTooLong(HttpClient.Version version) throws Exception {
        List<Socket> filling = new ArrayList<>();
        try (ServerSocket hole = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            for (int i = 0; i < 4; i++) { // nobody accepts: the backlog is full and further SYNs are dropped
                Socket socket = new Socket();
                filling.add(socket);
                CompletableFuture.runAsync(() -> {
                    try {
                        socket.connect(hole.getLocalSocketAddress());
                    } catch (IOException e) {
                        // closed at the end of the test
                    }
                });
            }
            Awaitility.await()
                    .until(() -> filling.stream().filter(Socket::isConnected).count() >= 2);
            try (LocalProxy local = with(OTHERS.connect(SHORT), "http://127.0.0.1:" + hole.getLocalPort())) {
                HttpClient client = local.client(version);
                assertEndsAfter(SHORT, () -> {
                    HttpResponse<String> response =
                            client.send(local.request("/").build(), BodyHandlers.ofString());
                    assertThat(response.statusCode()).isEqualTo(504);
                    assertThat(response.body()).isEqualTo("504 Gateway Time-out: connecting to upstream timed out\n");
                });
            }
        } finally {
            for (Socket socket : filling) {
                socket.close();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void answers504WhenTheResponseHeadDoesNotCome(HttpClient.Version version) throws Exception {
        try (StreamingUpstream upstream = new StreamingUpstream((head, in, out) -> {
                    StreamingUpstream.write(out, "HTTP/1.1 200 OK\r\nContent-");
                    in.readAllBytes();
                });
                LocalProxy local = LocalProxy.started(LocalProxy.builder()
                        .route(Route.of(LocalProxy.HOST).to(upstream.uri()).responseTimeout(SHORT)))) {
            HttpClient client = local.client(version);
            assertEndsAfter(SHORT, () -> {
                HttpResponse<String> response = client.send(local.request("/").build(), BodyHandlers.ofString());
                assertThat(response.statusCode()).isEqualTo(504);
                assertThat(response.body()).isEqualTo("504 Gateway Time-out: upstream did not answer in time\n");
            });
            Awaitility.await().atMost(SOON).until(() -> upstream.open() == 0);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"Content-Length: 10\r\n\r\nhalf", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", "\r\nhalf"})
    void cutsResponseBodyThatStallsSoThatTheClientSeesAnError(String fieldsAndHalf) throws Exception {
        try (StreamingUpstream upstream = stallingAfter(fieldsAndHalf);
                LocalProxy local = with(OTHERS.bodyIdle(SHORT), upstream.uri())) {
            for (HttpClient.Version version : HttpClient.Version.values()) {
                HttpClient client = local.client(version);
                assertEndsAfter(
                        SHORT,
                        () -> assertThatThrownBy(
                                        () -> client.send(local.request("/").build(), BodyHandlers.ofString()))
                                .as("error seen over " + version)
                                .isInstanceOf(IOException.class));
                assertThat(local.ended.poll(5, TimeUnit.SECONDS).failure()).contains("response body made no progress");
            }
            Awaitility.await().atMost(SOON).until(() -> upstream.open() == 0);
        }
    }

    /** Facts, section E, case 19: 64 KiB fit into the window that the client never opens further. */
    @Test
    void cutsDownloadWhoseWindowTheHttp2ClientKeepsClosed() throws Exception {
        try (StreamingUpstream upstream = new StreamingUpstream((head, in, out) -> {
                    StreamingUpstream.write(
                            out, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + "x".repeat(1_000_000));
                    in.readAllBytes();
                });
                LocalProxy local = with(OTHERS.bodyIdle(SHORT), upstream.uri());
                H2Client client = local.http2()) {
            client.headers(1, H2Client.END_STREAM, local.fields("GET", "/"));

            assertEndsAfter(SHORT, () -> assertThat(client.response(1)).containsKey("reset"));
            Awaitility.await().atMost(SOON).until(() -> upstream.open() == 0);
        }
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void silentEventStreamOutlivesStalledDownloads(HttpClient.Version version) throws Exception {
        CountDownLatch speak = new CountDownLatch(1);
        try (StreamingUpstream upstream = new StreamingUpstream((head, in, out) -> {
                    if (head.startsWith("GET /events ")) {
                        StreamingUpstream.write(
                                out, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n");
                        await(speak, 20_000);
                        StreamingUpstream.write(out, "data: 2\n\n");
                    } else {
                        StreamingUpstream.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
                        in.readAllBytes();
                    }
                });
                LocalProxy local = LocalProxy.started(LocalProxy.builder()
                        .timeouts(OTHERS.bodyIdle(LONGER).keepAlive(LONGER).requestHead(LONGER))
                        .route(Route.of(LocalProxy.HOST).to(upstream.uri()).responseTimeout(LONGER)))) {
            HttpClient client = local.client(version);
            InputStream events = client.send(local.request("/events").build(), BodyHandlers.ofInputStream())
                    .body();
            assertThat(new String(events.readNBytes(9))).isEqualTo("data: 1\n\n");
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> client.send(local.request("/download").build(), BodyHandlers.ofString()))
                        .isInstanceOf(IOException.class);
            }
            speak.countDown();
            assertThat(new String(events.readNBytes(9))).isEqualTo("data: 2\n\n");
        }
    }

    /** Both sides of a call may be silent for as long as they like, once it has begun to respond. */
    @Test
    void silentGrpcCallOutlivesStalledDownloads() throws Exception {
        CountDownLatch speak = new CountDownLatch(1);
        try (StreamingUpstream upstream = new StreamingUpstream((head, in, out) -> {
                    if (head.startsWith("POST /call ")) {
                        StreamingUpstream.write(
                                out,
                                "HTTP/1.1 200 OK\r\nContent-Type: application/grpc+proto\r\nContent-Length: 6\r\n\r\nfirst");
                        await(speak, 20_000);
                        in.readNBytes("1\r\nx\r\n".length());
                        StreamingUpstream.write(out, "!");
                    } else {
                        StreamingUpstream.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
                        in.readAllBytes();
                    }
                });
                LocalProxy local = LocalProxy.started(LocalProxy.builder()
                        .timeouts(OTHERS.bodyIdle(LONGER).keepAlive(LONGER).requestHead(LONGER))
                        .route(Route.of(LocalProxy.HOST).to(upstream.uri()).responseTimeout(LONGER)));
                H2Client call = local.http2()) {
            call.headers(1, 0, local.fields("POST", "/call"));
            assertThat(call.nextData(1)).isEqualTo("first");
            HttpClient client = local.client(HttpClient.Version.HTTP_2);
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> client.send(local.request("/download").build(), BodyHandlers.ofString()))
                        .isInstanceOf(IOException.class);
            }
            speak.countDown();
            call.data(1, 0, "x");
            assertThat(call.nextData(1)).isEqualTo("!");
        }
    }

    @Test
    void silentTunnelOutlivesStalledDownloads() throws Exception {
        try (RawUpstream upstream = RawUpstream.answering((request, connection) -> {
                    if (request.header("Upgrade").isPresent()) {
                        new WebSocketAnswer().write(request, connection);
                    } else {
                        RawUpstream.write(connection, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
                    }
                });
                LocalProxy local = LocalProxy.started(LocalProxy.builder()
                        .timeouts(OTHERS.bodyIdle(LONGER).keepAlive(LONGER).requestHead(LONGER))
                        .route(Route.of(LocalProxy.HOST).to(upstream.uri()).responseTimeout(LONGER)))) {
            HttpClient client = local.client(HttpClient.Version.HTTP_1_1);
            EchoListener listener = new EchoListener();
            WebSocket socket = client.newWebSocketBuilder()
                    .buildAsync(URI.create("wss://" + local.authority() + "/ws"), listener)
                    .get(10, TimeUnit.SECONDS);
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> client.send(local.request("/download").build(), BodyHandlers.ofString()))
                        .isInstanceOf(IOException.class);
            }
            socket.sendText("still here", true).join();
            assertThat(listener.texts.poll(10, TimeUnit.SECONDS)).isEqualTo("still here");
        }
    }

    /** 25 steps of 100 ms: more than twice as long as each time-out, and never still for longer than a tenth of one. */
    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void slowTransfersThatMoveAreNotCut(HttpClient.Version version) throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        try (StreamingUpstream upstream = new StreamingUpstream((head, in, out) -> {
                    if (head.startsWith("GET ")) {
                        StreamingUpstream.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n");
                        for (int i = 0; i < 25; i++) {
                            await(never, 100);
                            StreamingUpstream.write(out, "x");
                        }
                    } else {
                        in.readNBytes(25);
                        StreamingUpstream.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                    }
                });
                LocalProxy local = LocalProxy.started(LocalProxy.builder()
                        .timeouts(OTHERS.bodyIdle(LONGER)
                                .keepAlive(LONGER)
                                .requestHead(LONGER)
                                .connect(LONGER))
                        .route(Route.of(LocalProxy.HOST).to(upstream.uri()).responseTimeout(LONGER)))) {
            HttpClient client = local.client(version);
            CompletableFuture<HttpResponse<String>> download =
                    client.sendAsync(local.request("/").build(), BodyHandlers.ofString());
            CompletableFuture<HttpResponse<String>> upload = client.sendAsync(
                    local.request("/")
                            .POST(BodyPublishers.fromPublisher(
                                    BodyPublishers.ofInputStream(() -> new SlowInput(25, never)), 25))
                            .build(),
                    BodyHandlers.ofString());

            assertThat(download.get(10, TimeUnit.SECONDS).body()).isEqualTo("x".repeat(25));
            assertThat(upload.get(10, TimeUnit.SECONDS).body()).isEqualTo("ok");
        }
    }

    /** A byte each 100 ms. */
    private static final class SlowInput extends InputStream {
        private final CountDownLatch never;
        private int left;

        SlowInput(int bytes, CountDownLatch never) {
            this.left = bytes;
            this.never = never;
        }

        @Override
        public int read() throws IOException {
            if (left-- <= 0) {
                return -1;
            }
            await(never, 100);
            return 'x';
        }

        @Override
        public int read(byte[] into, int offset, int count) throws IOException {
            int b = read();
            if (b < 0) {
                return -1;
            }
            into[offset] = (byte) b;
            return 1;
        }
    }

    private static StreamingUpstream stallingAfter(String fieldsAndHalf) throws IOException {
        return new StreamingUpstream((head, in, out) -> {
            StreamingUpstream.write(out, "HTTP/1.1 200 OK\r\n" + fieldsAndHalf);
            in.readAllBytes();
        });
    }

    private static LocalProxy with(Timeouts timeouts, String upstream) {
        return LocalProxy.started(LocalProxy.builder().timeouts(timeouts).route(LocalProxy.HOST, upstream));
    }

    private static String get(LocalProxy local) {
        return "GET / HTTP/1.1\r\nHost: " + local.authority() + "\r\n\r\n";
    }

    private static String readToEndOrReset(RawTlsClient client) {
        try {
            return client.readToEnd();
        } catch (java.net.SocketTimeoutException e) {
            throw new AssertionError("still open", e);
        } catch (IOException e) {
            return ""; // a reset, or no close_notify: an end too
        }
    }

    private interface Ending {
        void happens() throws Exception;
    }

    private static void assertEndsAfter(Duration least, Ending ending) throws Exception {
        long begun = System.nanoTime();
        ending.happens();
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isBetween(least.dividedBy(2), SOON);
    }

    private static void await(CountDownLatch latch, long millis) throws IOException {
        try {
            latch.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }
}
