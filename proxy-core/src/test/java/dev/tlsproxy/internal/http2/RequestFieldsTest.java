package dev.tlsproxy.internal.http2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.undertow.client.ClientRequest;
import io.undertow.util.HeaderMap;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestFieldsTest {

    @Test
    void pseudoFieldsComeFirstAndTheTargetIsLeftAsItIs() throws Exception {
        assertThat(decode(RequestFields.head(
                        request("/a%00%ff//..?", "Host", "api.localhost:8443", "X-One", "1", "Cookie", "a=b"), "http")))
                .containsExactly(
                        ":method: POST",
                        ":scheme: http",
                        ":authority: api.localhost:8443",
                        ":path: /a%00%ff//..?",
                        "x-one: 1",
                        "cookie: a=b");
    }

    @Test
    void leavesOutWhatIsOfAConnectionButForTeTrailers() throws Exception {
        assertThat(decode(RequestFields.head(
                        request(
                                "*",
                                "Connection",
                                "TE",
                                "TE",
                                "trailers",
                                "Keep-Alive",
                                "5",
                                "Transfer-Encoding",
                                "chunked",
                                "Upgrade",
                                "x",
                                "Content-Length",
                                "3"),
                        "https")))
                .containsExactly(":method: POST", ":scheme: https", ":path: *", "content-length: 3", "te: trailers");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/a b", "/a\r\nb", "/\u0100"})
    void refusesATargetThatIsNone(String target) {
        assertThatThrownBy(() -> RequestFields.head(request(target), "http"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("request target: ");
    }

    @Test
    void refusesWhatEndsALine() {
        assertThatThrownBy(() -> RequestFields.head(request("/", "X", "a\r\nb"), "http"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("field value: ");
        assertThatThrownBy(() -> RequestFields.head(request("/", "X:", "a"), "http"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("field name: ");
    }

    @Test
    void trailersPassWithoutThoseThatWouldActTooLate() throws Exception {
        HeaderMap trailers = new HeaderMap();
        trailers.put(new HttpString("Grpc-Status"), "0");
        trailers.put(new HttpString("Content-Length"), "5");
        trailers.put(new HttpString("X-Bad"), "a\nb");
        assertThat(decode(RequestFields.trailers(trailers))).containsExactly("grpc-status: 0");
        trailers.remove(new HttpString("Grpc-Status"));
        assertThat(RequestFields.trailers(trailers)).isNull();
        assertThat(RequestFields.trailers(null)).isNull();
    }

    private static ClientRequest request(String target, String... fields) {
        ClientRequest request = new ClientRequest().setMethod(Methods.POST).setPath(target);
        for (int i = 0; i < fields.length; i += 2) {
            request.getRequestHeaders().add(new HttpString(fields[i]), fields[i + 1]);
        }
        return request;
    }

    private static List<String> decode(ByteBuffer block) throws ConnectionErrorException {
        List<String> fields = new ArrayList<>();
        new HpackReader().decode(block, (name, value) -> fields.add(name + ": " + value));
        return fields;
    }
}
