package dev.tlsproxy.internal.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.internal.http1.ResponseFraming.Kind;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResponseFramingTest {

    private static final ResponseFraming EMPTY = new ResponseFraming(Kind.LENGTH, 0, false);
    private static final ResponseFraming EMPTY_LAST = new ResponseFraming(Kind.LENGTH, 0, true);

    @Test
    void findsTheEndOfABody() throws Exception {
        assertThat(framing("1.1 200", "Content-Length: 5")).isEqualTo(new ResponseFraming(Kind.LENGTH, 5, false));
        assertThat(framing("1.0 200", "Content-Length: 999999999999999999"))
                .isEqualTo(new ResponseFraming(Kind.LENGTH, 999999999999999999L, false));
        assertThat(framing("1.1 200", "Transfer-Encoding: CHUNKED"))
                .isEqualTo(new ResponseFraming(Kind.CHUNKED, 0, false));
        assertThat(framing("1.1 200")).isEqualTo(new ResponseFraming(Kind.UNTIL_CLOSE, 0, true));
    }

    @Test
    void headAnd304HaveNoBodyWhateverTheirFieldsSay() throws Exception {
        for (String field : new String[] {"Content-Length: 5", "Transfer-Encoding: chunked", "X: y"}) {
            assertThat(framing("1.1 304", field)).isEqualTo(EMPTY);
            assertThat(ResponseFraming.of(head("1.1 200", field), Methods.HEAD)).isEqualTo(EMPTY);
        }
    }

    @Test
    void responsesThatMayHaveNoBodyAreTheLastOfTheirConnectionWhenTheyAnnounceOne() throws Exception {
        assertThat(framing("1.1 204")).isEqualTo(EMPTY);
        assertThat(framing("1.1 204", "Content-Length: 0")).isEqualTo(EMPTY);
        assertThat(framing("1.1 204", "Content-Length: 5")).isEqualTo(EMPTY_LAST);
        assertThat(framing("1.1 204", "Transfer-Encoding: chunked")).isEqualTo(EMPTY_LAST);
        assertThat(framing("1.1 205", "Content-Length: 0")).isEqualTo(EMPTY);
        assertThat(framing("1.1 205")).isEqualTo(EMPTY_LAST);
        assertThat(framing("1.1 205", "Transfer-Encoding: chunked")).isEqualTo(EMPTY_LAST);
        assertThat(framing("1.1 101")).isEqualTo(EMPTY);
    }

    @Test
    void removesLengthFrom204() throws Exception {
        ResponseHead head = head("1.1 204", "Content-Length: 5");
        ResponseFraming.of(head, Methods.GET);
        assertThat(head.fields().contains("Content-Length")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: -1",
                "Content-Length: +1",
                "Content-Length: 0x1",
                "Content-Length:",
                "Content-Length: 5, 5",
                "Content-Length: 1 1",
                "Content-Length: 1234567890123456789",
                "Content-Length: 18446744073709551621",
                "Content-Length: 5\r\nContent-Length: 5",
                "Content-Length: 5\r\nContent-Length: 6",
                "Content-Length: 5\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: gzip, chunked",
                "Transfer-Encoding: chunked, chunked",
                "Transfer-Encoding: xchunked",
                "Transfer-Encoding: identity",
                "Transfer-Encoding:",
                "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
            })
    void refusesWhatCanBeReadInTwoWays(String fields) {
        for (String status : new String[] {"1.1 200", "1.1 204", "1.1 304"}) {
            assertThatThrownBy(() -> framing(status, fields)).isInstanceOf(MalformedResponseException.class);
        }
    }

    @Test
    void refusesTransferEncodingInHttp10() {
        assertThatThrownBy(() -> framing("1.0 200", "Transfer-Encoding: chunked"))
                .hasMessage("Transfer-Encoding in HTTP/1.0");
    }

    @Test
    void knowsPersistence() throws Exception {
        assertThat(head("1.1 200").persistent()).isTrue();
        assertThat(head("1.1 200", "Connection: x, Close").persistent()).isFalse();
        assertThat(head("1.1 200", "Connection: x\r\nConnection: close").persistent())
                .isFalse();
        assertThat(head("1.0 200").persistent()).isFalse();
        assertThat(head("1.0 200", "Connection: Keep-Alive").persistent()).isTrue();
        assertThat(head("1.0 200", "Connection: keep-alive, close").persistent())
                .isFalse();
    }

    private static ResponseFraming framing(String status, String... fields) throws MalformedResponseException {
        return ResponseFraming.of(head(status, fields), new HttpString("GET"));
    }

    private static ResponseHead head(String status, String... fields) throws MalformedResponseException {
        String text =
                "HTTP/" + status + " x\r\n" + String.join("\r\n", fields) + (fields.length > 0 ? "\r\n" : "") + "\r\n";
        return new ResponseHeadParser().parse(ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)));
    }
}
