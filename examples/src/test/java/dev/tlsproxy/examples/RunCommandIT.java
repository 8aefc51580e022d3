package dev.tlsproxy.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code java -jar tls-proxy.jar run}, from the ready line to the exit code. */
class RunCommandIT {

    @TempDir
    Path directory;

    private HttpServer tracker;
    private HttpServer shop;

    @BeforeEach
    void startUpstreams() throws IOException {
        tracker = upstream("tracker");
        shop = upstream("shop");
    }

    @AfterEach
    void stopUpstreams() {
        tracker.stop(0);
        shop.stop(0);
    }

    @Test
    void servesItsRoutesAndEndsWithExitCode0() throws Exception {
        try (JarProcess run = run(
                "--http",
                "127.0.0.1:0",
                "--route",
                "tracker.localhost=" + uri(tracker),
                "--route",
                "shop.localhost/api=" + uri(shop))) {
            JarProcess.Ready ready = run.ready();
            assertThat(ready.https()).startsWith("127.0.0.1:");
            assertThat(ready.ca()).isEqualTo(store().resolve("local-ca.crt").toString());
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(Path.of(ready.ca()))))
                    .isEqualTo("rw-r--r--");

            HttpClient client = VerifyingClient.trusting(Path.of(ready.ca()));
            assertThat(get(client, "https://tracker.localhost:" + ready.httpsPort() + "/announce?a=%00%fF")
                            .body())
                    .isEqualTo("tracker /announce?a=%00%fF");
            assertThat(get(client, "https://shop.localhost:" + ready.httpsPort() + "/api/v1")
                            .body())
                    .isEqualTo("shop /api/v1");
            assertThat(get(client, "https://shop.localhost:" + ready.httpsPort() + "/apis")
                            .statusCode())
                    .isEqualTo(404);

            HttpResponse<String> redirect =
                    get(client, "http://tracker.localhost:" + ready.httpPort() + "/announce?a=%00%fF");
            assertThat(redirect.statusCode()).isEqualTo(308);
            assertThat(redirect.headers().firstValue("Location"))
                    .contains("https://tracker.localhost:" + ready.httpsPort() + "/announce?a=%00%fF");

            run.terminate();
            assertThat(run.exitCode()).isZero();
            assertThat(run.standardOutput()).hasSize(1);
            assertThat(run.standardError()).isEmpty();
            assertThat(connects(ready.httpsPort())).isFalse();
        }
    }

    @Test
    void showsACertificateOfItsUsersAndHasThenNoCa() throws Exception {
        TestCertificate own = TestCertificate.write(directory, "shop.localhost", Instant.parse("2090-01-01T00:00:00Z"));
        try (JarProcess run = run(
                "--no-http",
                "--tls",
                "1.3",
                "--route",
                "shop.localhost=" + uri(shop) + "," + uri(tracker),
                "--certificate",
                "shop.localhost=" + own.chain() + "," + own.key())) {
            JarProcess.Ready ready = run.ready();
            assertThat(ready.http()).isEqualTo("none");
            assertThat(ready.ca()).isEqualTo("none");
            assertThat(store().resolve("local-ca.crt")).doesNotExist();
            HttpClient client = VerifyingClient.trusting(own.chain());
            String uri = "https://shop.localhost:" + ready.httpsPort() + "/";
            assertThat(List.of(get(client, uri).body(), get(client, uri).body()))
                    .containsExactlyInAnyOrder("shop /", "tracker /");
        }
    }

    @Test
    void printsTheReadyLineOnlyWhenItIsWarm() throws Exception {
        long start = System.nanoTime();
        try (JarProcess run = run("--no-http", "--warm-up", "2", "--route", "shop.localhost=" + uri(shop))) {
            JarProcess.Ready ready = run.ready();
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofSeconds(2));
            HttpClient client = VerifyingClient.trusting(Path.of(ready.ca()));
            assertThat(get(client, "https://shop.localhost:" + ready.httpsPort() + "/")
                            .body())
                    .isEqualTo("shop /");
            run.terminate();
            assertThat(run.exitCode()).isZero();
            assertThat(run.standardError()).isEmpty();
        }
    }

    /** What the front proxy told is what the upstream reads. */
    @Test
    void takesProxyHeadersAndSendsThem() throws Exception {
        try (ServerSocket upstream = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                JarProcess run = run(
                        "--no-http",
                        "--proxy-protocol",
                        "127.0.0.1",
                        "--upstream-proxy-protocol",
                        "1",
                        "--route",
                        "shop.localhost=http://127.0.0.1:" + upstream.getLocalPort())) {
            JarProcess.Ready ready = run.ready();
            String header = "PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n";
            Socket front = new Socket(InetAddress.getLoopbackAddress(), ready.httpsPort());
            front.getOutputStream().write(header.getBytes(StandardCharsets.US_ASCII));
            SSLSocketFactory trusting =
                    VerifyingClient.trusting(Path.of(ready.ca())).sslContext().getSocketFactory();
            try (Socket client = trusting.createSocket(front, "shop.localhost", ready.httpsPort(), true)) {
                client.getOutputStream()
                        .write(("GET / HTTP/1.1\r\nHost: shop.localhost:" + ready.httpsPort() + "\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
                upstream.setSoTimeout(10_000);
                try (Socket accepted = upstream.accept()) {
                    accepted.setSoTimeout(10_000);
                    assertThat(accepted.getInputStream().readNBytes(header.length()))
                            .asString(StandardCharsets.US_ASCII)
                            .isEqualTo(header);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {50, 200, 400, 600, 800, 1000, 1200, 1500})
    void signalDuringTheStartEndsItWithoutAWord(long milliseconds) throws Exception {
        try (JarProcess run = run("--no-http", "--route", "shop.localhost=" + uri(shop))) {
            new CountDownLatch(1).await(milliseconds, TimeUnit.MILLISECONDS);
            run.terminate();
            // before the command begins it is the JVM's own answer to SIGTERM; Java 25 adds a line where its modules
            // are not
            // there yet
            int exitCode = run.exitCode();
            assertThat(exitCode).isIn(0, 143);
            assertThat(run.standardError().lines())
                    .noneMatch(line -> exitCode == 0 || !line.startsWith("Runtime.exit(143) logging failed: "));
        }
    }

    @Test
    void keepsItsCaOverRestarts() throws Exception {
        String first;
        try (JarProcess run = run("--no-http", "--route", "shop.localhost=" + uri(shop))) {
            first = Files.readString(Path.of(run.ready().ca()));
            run.terminate();
            assertThat(run.exitCode()).isZero();
        }
        try (JarProcess run = run("--no-http", "--route", "shop.localhost=" + uri(shop))) {
            assertThat(Files.readString(Path.of(run.ready().ca()))).isEqualTo(first);
        }
    }

    private JarProcess run(String... more) throws IOException {
        List<String> arguments =
                new ArrayList<>(List.of("run", "--https", "127.0.0.1:0", "--store", store().toString()));
        arguments.addAll(List.of(more));
        return JarProcess.start(arguments);
    }

    private Path store() {
        return directory.resolve("store");
    }

    private static HttpResponse<String> get(HttpClient client, String uri) throws Exception {
        return client.send(HttpRequest.newBuilder(URI.create(uri)).build(), BodyHandlers.ofString());
    }

    private static boolean connects(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private static String uri(HttpServer server) {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    private static HttpServer upstream(String name) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/", exchange -> {
            byte[] body = (name + " " + exchange.getRequestURI()).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        return server;
    }
}
