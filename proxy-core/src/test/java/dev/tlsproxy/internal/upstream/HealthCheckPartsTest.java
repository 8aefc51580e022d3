package dev.tlsproxy.internal.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a health check sends, understands and makes of results. */
class HealthCheckPartsTest {

    @Test
    void asksForThePathBehindTheBasePathAndForTheEndOfTheConnection() {
        assertThat(CheckProbe.request(URI.create("http://10.0.0.1:8080/base"), check("/health?full", null)))
                .isEqualTo("GET /base/health?full HTTP/1.1\r\nHost: 10.0.0.1:8080\r\n"
                        + "User-Agent: tls-proxy health check\r\nAccept: */*\r\nConnection: close\r\n\r\n");
        assertThat(CheckProbe.request(URI.create("http://[::1]:8080"), check("/", "api.example.com")))
                .startsWith("GET / HTTP/1.1\r\nHost: api.example.com\r\n");
    }

    @Test
    void showsThePathWithoutItsQuery() {
        assertThat(check("/health?token=secret", null).shownPath()).isEqualTo("/health");
    }

    @ParameterizedTest
    @CsvSource({
        "'HTTP/1.1 200 OK\r\n', 200",
        "'HTTP/1.0 503\r\n', 503",
        "'HTTP/1.1 204 \r\n', 204",
        "'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 404 Not Found\r\n', 404",
    })
    void findsTheStatusOfTheFinalResponse(String bytes, int status) {
        for (int piece : new int[] {1, 7, bytes.length()}) {
            CheckResponse response = new CheckResponse();
            for (int i = 0; i < bytes.length(); i += piece) {
                assertThat(response.status()).isEmpty();
                add(response, bytes.substring(i, Math.min(bytes.length(), i + piece)));
            }
            assertThat(response.status()).isEqualTo(OptionalInt.of(status));
            assertThat(response.isInvalid()).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/2 200 OK\r\n",
                "HTTP/1.1 99 No\r\n",
                "HTTP/1.1 600 No\r\n",
                "HTTP/1.1 2000\r\n",
                "HTTP/1.1 101 Switching Protocols\r\n",
                "SSH-2.0-OpenSSH_10.0\r\n",
                "\r\nHTTP/1.1 200 OK\r\n",
                "<html>\r\n"
            })
    void refusesWhatIsNoFinalResponse(String bytes) {
        CheckResponse response = new CheckResponse();
        add(response, bytes);
        assertThat(response.isInvalid()).isTrue();
        assertThat(response.status()).isEmpty();
    }

    @Test
    void refusesAHeadWithoutEnd() {
        CheckResponse response = new CheckResponse();
        add(response, "HTTP/1.1 200 " + "x".repeat(5000));
        assertThat(response.isInvalid()).isTrue();
        CheckResponse hints = new CheckResponse();
        add(hints, "HTTP/1.1 103 Early Hints\r\nLink: " + "x".repeat(5000));
        assertThat(hints.isInvalid()).isTrue();
    }

    @Test
    void changesAfterSoManyResultsInARowOnly() {
        CheckCount count = new CheckCount(2, 3);
        StringBuilder seen = new StringBuilder();
        for (char result : "..xx.xxxx.x..x..xxx".toCharArray()) {
            seen.append(
                    switch (count.add(result == '.')) {
                        case DOWN -> 'D';
                        case UP -> 'U';
                        case SAME -> '-';
                    });
        }
        assertThat(seen).hasToString("-------D----U-----D");
        assertThat(count.isDown()).isTrue();
    }

    private static CheckConfig check(String path, String host) {
        return new CheckConfig(path, host, Duration.ofSeconds(1), Duration.ofSeconds(1), 200, 299, 2, 3);
    }

    private static void add(CheckResponse response, String bytes) {
        response.add(ByteBuffer.wrap(bytes.getBytes(StandardCharsets.US_ASCII)));
    }
}
