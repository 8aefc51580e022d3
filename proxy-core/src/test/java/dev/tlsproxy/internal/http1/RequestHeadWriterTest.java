package dev.tlsproxy.internal.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.undertow.client.ClientRequest;
import io.undertow.util.HeaderMap;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestHeadWriterTest {

    @Test
    void writesHostFirstAndKeepsBytesAndOrder() {
        ClientRequest request = request("/a%00?\u00e4\u00ff|");
        request.getRequestHeaders()
                .add(new HttpString("X-A"), "1")
                .add(new HttpString("X-A"), "\u00ff\t2")
                .add(new HttpString("Host"), "h");
        assertThat(text(RequestHeadWriter.head(request)))
                .isEqualTo("GET /a%00?\u00e4\u00ff| HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nX-A: \u00ff\t2\r\n\r\n");
    }

    @Test
    void writesLongHeads() {
        ClientRequest request = request("/" + "a".repeat(100_000));
        assertThat(text(RequestHeadWriter.head(request))).hasSize("GET / HTTP/1.1\r\n\r\n".length() + 100_000);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/a b", "/a\r\n", "/a\n", "/\u0000", "/\u007f", "/\u0100"})
    void refusesTarget(String target) {
        assertThatThrownBy(() -> RequestHeadWriter.head(request(target))).isInstanceOf(IllegalStateException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\r\nX: y", "a\n", "a\r", "a\u0000", "\u0100"})
    void refusesValue(String value) {
        ClientRequest request = request("/");
        request.getRequestHeaders().add(new HttpString("X-A"), value);
        assertThatThrownBy(() -> RequestHeadWriter.head(request))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("field value: CR, LF, NUL or no Latin-1 (expected: none of them)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"X A", "X:A", "X\u0001"})
    void refusesNamesAndMethodsThatAreNoTokens(String token) {
        ClientRequest named = request("/");
        named.getRequestHeaders().add(new HttpString(token), "a");
        assertThatThrownBy(() -> RequestHeadWriter.head(named)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> RequestHeadWriter.head(request("/").setMethod(new HttpString(token))))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void writesTheTrailersThatMayPass() {
        HeaderMap trailers = new HeaderMap();
        trailers.add(new HttpString("X-Sum"), "1").add(new HttpString("Content-Length"), "5");
        trailers.add(new HttpString("X-Bad"), "a\r\nb");
        assertThat(text(RequestHeadWriter.lastChunk(trailers))).isEqualTo("0\r\nX-Sum: 1\r\n\r\n");
        assertThat(text(RequestHeadWriter.lastChunk(null))).isEqualTo("0\r\n\r\n");
    }

    private static ClientRequest request(String path) {
        return new ClientRequest().setMethod(Methods.GET).setPath(path);
    }

    private static String text(ByteBuffer buffer) {
        return StandardCharsets.ISO_8859_1.decode(buffer).toString();
    }
}
