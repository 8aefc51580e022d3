package dev.tlsproxy.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** {@code java -jar tls-proxy.jar demo}, seen by a client that verifies. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DemoIT {

    private JarProcess demo;
    private JarProcess.Ready ready;
    private HttpClient client;

    @BeforeAll
    void start(@TempDir Path directory) throws Exception {
        demo = JarProcess.start(
                List.of("demo", "--https", "127.0.0.1:0", "--http", "127.0.0.1:0", "--store", directory.toString()));
        ready = demo.ready();
        client = VerifyingClient.trusting(Path.of(ready.ca()));
    }

    @AfterAll
    void endsWithExitCode0() throws Exception {
        try (JarProcess toEnd = demo) {
            toEnd.terminate();
            assertThat(toEnd.exitCode()).isZero();
            assertThat(toEnd.standardError()).isEmpty();
        }
    }

    @Test
    void printsUrlsAndACommandWithTheCaFile() throws Exception {
        assertThat(demo.lineOf("JSON API")).endsWith(uri("api", "/api/v1/stats"));
        assertThat(demo.lineOf("HTTP tracker")).endsWith(uri("tracker", "/announce"));
        assertThat(demo.lineOf("Live page")).endsWith(uri("grafana", "/"));
        assertThat(demo.lineOf("curl"))
                .isEqualTo("curl --cacert '" + ready.ca() + "' --resolve api.localhost:" + ready.httpsPort()
                        + ":127.0.0.1 '" + uri("api", "/api/v1/stats") + "'");
    }

    @Test
    void apiAnswersOverBothVersionsOfHttp() throws Exception {
        for (Version version : Version.values()) {
            HttpResponse<String> response = client.send(
                    HttpRequest.newBuilder(URI.create(uri("api", "/api/health_check")))
                            .version(version)
                            .build(),
                    BodyHandlers.ofString());
            assertThat(response.version()).isEqualTo(version);
            assertThat(response.body()).isEqualTo("{\"status\":\"Ok\"}");
        }
    }

    @Test
    void trackerKnowsTheClientFromTheProxyAndReadsEveryByte() throws Exception {
        for (int first = 0; first < 256; first += 20) {
            StringBuilder hash = new StringBuilder();
            for (int i = 0; i < 20; i++) {
                hash.append(String.format("%%%02x", (first + i) & 0xff));
            }
            announce(hash.toString(), "A");
            assertThat(announce(hash.toString(), "B")).contains("2:ip9:127.0.0.1");
        }
    }

    @Test
    void pageShowsTheConnectionAsTheProxySawItWhateverTheClientClaims() throws Exception {
        HttpResponse<String> page = client.send(
                HttpRequest.newBuilder(URI.create(uri("grafana", "/")))
                        .header("X-TLS-Protocol", "forged")
                        .header("X-TLS-Group", "forged")
                        .header("X-TLS-ALPN", "forged")
                        .build(),
                BodyHandlers.ofString());
        assertThat(page.body())
                .contains("id=\"page-protocol\">TLSv1.3<")
                .contains("id=\"page-alpn\">h2<")
                .containsPattern("id=\"page-group\">(x25519|X25519MLKEM768)<")
                .doesNotContain("forged");
    }

    @Test
    void webSocketConnectsAndReceives() throws Exception {
        TextMessages messages = new TextMessages();
        client.newWebSocketBuilder()
                .header("Origin", uri("grafana", ""))
                .buildAsync(URI.create(uri("grafana", "/api/live/ws").replace("https:", "wss:")), messages)
                .join();
        // the JDK's WebSocket client offers no ALPN; browsers do
        assertThat(messages.next("connection"))
                .contains("\"protocol\":\"TLSv1.3\"")
                .contains("\"alpn\":\"none\"");
        assertThat(messages.next("numbers")).contains("\"tracker\":{");
    }

    @Test
    void httpRedirects() throws Exception {
        HttpResponse<String> response = get("http://grafana.localhost:" + ready.httpPort() + "/d/1?x=%7E");
        assertThat(response.statusCode()).isEqualTo(308);
        assertThat(response.headers().firstValue("Location")).contains(uri("grafana", "/d/1?x=%7E"));
    }

    private String announce(String hash, String peer) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(uri("tracker", "/announce/key?info_hash=" + hash)
                        + "&peer_id=" + peer.repeat(20) + "&port=6881&left=0&compact=0"))
                .build();
        return client.send(request, BodyHandlers.ofString(StandardCharsets.ISO_8859_1))
                .body();
    }

    private HttpResponse<String> get(String uri) throws Exception {
        return client.send(HttpRequest.newBuilder(URI.create(uri)).build(), BodyHandlers.ofString());
    }

    private String uri(String host, String target) {
        return "https://" + host + ".localhost:" + ready.httpsPort() + target;
    }
}
