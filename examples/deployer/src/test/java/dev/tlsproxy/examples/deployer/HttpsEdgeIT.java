package dev.tlsproxy.examples.deployer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.examples.deployer.Environment.Service;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A deployment as its clients see it: every certificate is verified. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HttpsEdgeIT {

    private final TestUpstream api = TestUpstream.start("api");
    private final TestUpstream health = TestUpstream.start("health");
    private final TestUpstream tracker = TestUpstream.start("tracker");
    private final TestUpstream grafana = TestUpstream.start("grafana");
    private Environment environment;
    private HttpsEdge edge;
    private HttpClient client;

    @BeforeAll
    void open() {
        environment = new Environment(
                "admin@example.com",
                List.of(
                        new Service("api", "api.localhost", api.uri(), true),
                        new Service("health", "health.localhost", health.uri(), true),
                        new Service("tracker", "tracker.localhost", tracker.uri(), true),
                        new Service("grafana", "grafana.localhost", grafana.uri(), true),
                        new Service("direct", "direct.localhost", api.uri(), false)));
        edge = HttpsEdge.forTest(environment);
        client = HttpClient.newBuilder().sslContext(edge.trustedSslContext()).build();
    }

    @AfterAll
    void close() {
        edge.close();
        List.of(api, health, tracker, grafana).forEach(TestUpstream::close);
    }

    @Test
    void everyRouteAnswersOverBothVersionsOfHttp() throws Exception {
        for (Version version : Version.values()) {
            for (Service service : environment.proxied()) {
                HttpResponse<String> response = get(service, "/health_check?a=%00%fF+", version);
                assertThat(response.version()).isEqualTo(version);
                assertThat(response.body())
                        .isEqualTo(service.name() + " GET /health_check?a=%00%fF+ for 127.0.0.1 over https");
            }
        }
    }

    @Test
    void serviceWithoutTheProxyIsNotServed() {
        Service direct = environment.services().get(4);
        assertThatThrownBy(() -> get(direct, "/", Version.HTTP_1_1))
                .isInstanceOf(SSLException.class)
                .hasMessageContaining("unrecognized_name");
    }

    @Test
    void clientWithoutTheCaRefuses() {
        HttpClient stranger = HttpClient.newHttpClient();
        HttpRequest request =
                HttpRequest.newBuilder(edge.uri(environment.services().get(0))).build();
        assertThatThrownBy(() -> stranger.send(request, BodyHandlers.discarding()))
                .isInstanceOf(SSLHandshakeException.class);
    }

    @Test
    void webSocketEchoesThroughWss() throws Exception {
        CompletableFuture<String> echoed = new CompletableFuture<>();
        URI uri = URI.create(
                "wss" + edge.uri(environment.services().get(3)).toString().substring(5) + "/api/live/ws");
        WebSocket webSocket = client.newWebSocketBuilder()
                .buildAsync(uri, new FirstMessage(echoed))
                .join();
        webSocket.sendText("over TLS", true).join();
        assertThat(echoed.get(10, TimeUnit.SECONDS)).isEqualTo("over TLS");
        webSocket.abort();
    }

    @Test
    void httpRedirectsToHttps() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://tracker.localhost:" + edge.httpPort() + "/announce?info_hash=%fF"))
                .build();
        HttpResponse<Void> response = client.send(request, BodyHandlers.discarding());
        assertThat(response.statusCode()).isEqualTo(308);
        assertThat(response.headers().firstValue("Location"))
                .contains(edge.uri(environment.services().get(2)) + "/announce?info_hash=%fF");
    }

    @Test
    void closedEdgeLetsNobodyIn() {
        HttpsEdge other = HttpsEdge.forTest(environment);
        URI uri = other.uri(environment.services().get(0));
        other.close();
        assertThatThrownBy(() -> client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.discarding()))
                .isInstanceOf(ConnectException.class);
    }

    private HttpResponse<String> get(Service service, String target, Version version) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(edge.uri(service) + target))
                .version(version)
                .build();
        return client.send(request, BodyHandlers.ofString());
    }

    private record FirstMessage(CompletableFuture<String> text) implements WebSocket.Listener {

        @Override
        public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
            text.complete(data.toString());
            return null;
        }
    }
}
