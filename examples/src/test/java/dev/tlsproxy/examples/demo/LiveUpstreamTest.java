package dev.tlsproxy.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tlsproxy.examples.TextMessages;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.util.concurrent.CompletionException;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LiveUpstreamTest {

    private final DemoUpstreams upstreams = DemoUpstreams.start(new TestClock());
    private final HttpClient client = HttpClient.newHttpClient();
    private final TextMessages messages = new TextMessages();

    @AfterEach
    void stop() {
        upstreams.close();
    }

    @Test
    void tellsWhatTheProxySawOfTheWebSocketsConnectionThenSendsNumbers() throws Exception {
        client.newWebSocketBuilder()
                .header("X-TLS-Protocol", "TLSv1.3")
                .header("X-TLS-Group", "X25519MLKEM768")
                .header("X-TLS-ALPN", "http/1.1")
                .buildAsync(webSocketUri(), messages)
                .join();

        assertThat(messages.next("connection"))
                .isEqualTo("{\"type\":\"connection\",\"protocol\":\"TLSv1.3\","
                        + "\"group\":\"X25519MLKEM768\",\"alpn\":\"http/1.1\"}");
        long first = counter(messages.next("numbers"));
        assertThat(counter(messages.next("numbers"))).isGreaterThan(first);
    }

    @Test
    void sendsAViewersNumberBack() throws Exception {
        WebSocket webSocket = client.newWebSocketBuilder()
                .buildAsync(webSocketUri(), messages)
                .join();
        webSocket.sendText("not a number", true).join();
        webSocket.sendText("123", true).join();
        assertThat(messages.next("echo")).isEqualTo("{\"type\":\"echo\",\"sent\":123}");
    }

    @Test
    void refusesAPageOfAnotherOrigin() {
        CompletionException refused = catchThrowableOfType(
                CompletionException.class,
                () -> client.newWebSocketBuilder()
                        .header("Origin", "https://evil.example")
                        .buildAsync(webSocketUri(), messages)
                        .join());
        assertThat(((WebSocketHandshakeException) refused.getCause())
                        .getResponse()
                        .statusCode())
                .isEqualTo(403);
    }

    @Test
    void takesAPageOfItsOwnOrigin() throws Exception {
        client.newWebSocketBuilder()
                .header("Origin", upstreams.live())
                .buildAsync(webSocketUri(), messages)
                .join();
        assertThat(messages.next("connection")).contains("\"group\":\"none\"");
    }

    @Test
    void answersAPlainRequestToTheWebSocketWith426() throws Exception {
        HttpResponse<String> response = get("/api/live/ws");
        assertThat(response.statusCode()).isEqualTo(426);
        assertThat(response.headers().firstValue("Upgrade")).contains("websocket");
    }

    @Test
    void showsWhatTheProxySawOfThePagesConnectionAndEscapesIt() throws Exception {
        HttpResponse<String> response = get("/", "X-TLS-Protocol", "TLSv1.3", "X-TLS-Group", "<b>\"&");
        assertThat(response.headers().firstValue("Content-Type")).contains("text/html; charset=utf-8");
        assertThat(response.body())
                .contains("id=\"page-protocol\">TLSv1.3<")
                .contains("id=\"page-group\">&lt;b&gt;&quot;&amp;<")
                .contains("id=\"page-alpn\">none<");
    }

    @Test
    void hasNothingInlineAndAPolicyThatForbidsIt() throws Exception {
        HttpResponse<String> page = get("/");
        assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
                .contains("default-src 'none'")
                .contains("script-src 'self'")
                .doesNotContain("unsafe");
        assertThat(page.body()).doesNotContainPattern("<script(?! src=)| style=| on[a-z]+=|<style");
        assertThat(get("/app.js").headers().firstValue("Content-Type")).contains("text/javascript; charset=utf-8");
        assertThat(get("/style.css").headers().firstValue("Content-Type")).contains("text/css; charset=utf-8");
        assertThat(get("/icon.svg").statusCode()).isEqualTo(200);
        assertThat(get("/nothing").statusCode()).isEqualTo(404);
    }

    @Test
    void scriptFindsEveryElementThatItFills() throws Exception {
        String page = get("/").body();
        String script = get("/app.js").body();
        var ids = Pattern.compile("(?:text|markGroup)\\(\\s*\"([a-z-]+)\"")
                .matcher(script)
                .results()
                .map(result -> result.group(1))
                .toList();
        assertThat(ids).hasSizeGreaterThan(9).allSatisfy(id -> assertThat(page).contains("id=\"" + id + "\""));
    }

    private URI webSocketUri() {
        return URI.create(upstreams.live().replace("http:", "ws:") + "/api/live/ws");
    }

    private HttpResponse<String> get(String target, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(upstreams.live() + target));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), BodyHandlers.ofString());
    }

    private static long counter(String numbers) {
        return Long.parseLong(numbers.replaceAll(".*\"counter\":([0-9]+).*", "$1"));
    }
}
