package dev.tlsproxy.internal.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.undertow.util.Protocols;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResponseHeadParserTest {

    private static final String FULL = "HTTP/1.1 200 All is well\r\nServer: x\r\nset-cookie: a=1\r\nX-Empty:\r\n"
            + "Set-Cookie: \t b=\u00e4\u00ff ; c \t\r\nTransfer-Encoding: chunked\r\n\r\n";

    @Test
    void everySplitGivesTheSameHead() throws Exception {
        for (int first = 0; first <= FULL.length(); first++) {
            for (int second = first; second <= FULL.length(); second++) {
                ResponseHeadParser parser = new ResponseHeadParser();
                ResponseHead head = parser.parse(bytes(FULL.substring(0, first)));
                if (head == null) {
                    head = parser.parse(bytes(FULL.substring(first, second)));
                }
                if (head == null) {
                    head = parser.parse(bytes(FULL.substring(second)));
                }
                assertFull(head);
            }
        }
    }

    @Test
    void singleBytesGiveTheSameHead() throws Exception {
        ResponseHeadParser parser = new ResponseHeadParser();
        for (int i = 0; i < FULL.length() - 1; i++) {
            assertThat(parser.parse(bytes(FULL.substring(i, i + 1)))).isNull();
        }
        assertFull(parser.parse(bytes("\n")));
    }

    private static void assertFull(ResponseHead head) {
        assertThat(head).isNotNull();
        assertThat(head.protocol()).isEqualTo(Protocols.HTTP_1_1);
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.reason()).isEqualTo("All is well");
        assertThat(head.fields().get("Set-Cookie")).containsExactly("a=1", "b=\u00e4\u00ff ; c");
        assertThat(head.fields().getFirst("Server")).isEqualTo("x");
        assertThat(head.fields().getFirst("X-Empty")).isEmpty();
        assertThat(head.fields().size()).isEqualTo(4);
    }

    @Test
    void refusesAnotherProtocolBeforeItsFirstLineEnds() {
        assertThatThrownBy(() -> new ResponseHeadParser().parse(bytes("\u0000\u0001")))
                .hasMessage("status line: no HTTP/1.1 or HTTP/1.0 response");
        assertThatThrownBy(() -> new ResponseHeadParser().parse(bytes("HTTP/2")))
                .hasMessage("status line: no HTTP/1.1 or HTTP/1.0 response");
    }

    @Test
    void namesTheProtocolOfAServerThatSpeaksHttp2Only() {
        String settings = "\u0000\u0000\u0006\u0004\u0000\u0000\u0000\u0000\u0000\u0000\u0003\u0000\u0000\u0000d";

        assertThatThrownBy(() -> new ResponseHeadParser().parse(bytes(settings)))
                .hasMessage("an HTTP/2 frame (expected: HTTP/1.1; a server of HTTP/2 is given as h2c:// or h2://)");
        assertThatThrownBy(() -> new ResponseHeadParser().parse(bytes(settings.substring(0, 8))))
                .hasMessage("status line: no HTTP/1.1 or HTTP/1.0 response");
    }

    @Test
    void leavesWhatFollowsTheHead() throws Exception {
        ByteBuffer in = bytes("HTTP/1.1 204 \r\n\r\nHTTP/1.1");
        assertThat(new ResponseHeadParser().parse(in)).isNotNull();
        assertThat(in.remaining()).isEqualTo(8);
    }

    @ParameterizedTest
    @CsvSource({"'HTTP/1.1 200', ''", "'HTTP/1.0 200 ', ''", "'HTTP/1.1 999 a b', a b", "'HTTP/1.1 200  x', ' x'"})
    void takesStatusLinesWithAndWithoutReason(String line, String reason) throws Exception {
        ResponseHead head = new ResponseHeadParser().parse(bytes(line + "\r\n\r\n"));
        assertThat(head).isNotNull();
        assertThat(head.reason()).isEqualTo(reason);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "ICY 200 OK",
                "HTTP/1.1",
                "HTTP/1.1 ",
                "HTTP/1.1 20",
                "HTTP/2 200 OK",
                "HTTP/1.2 200 OK",
                "http/1.1 200 OK",
                " HTTP/1.1 200 OK",
                "HTTP/1.1  200 OK",
                "HTTP/1.1\t200 OK",
                "HTTP/1.1 2000",
                "HTTP/1.1 2x0 OK",
                "HTTP/1.1 +20 OK",
                "HTTP/1.1 099 OK",
                "HTTP/1.1 200OK",
                "HTTP/1.1 200 O\u0000K",
                "HTTP/1.1 200 O\u0007K",
            })
    void refusesStatusLine(String line) {
        assertRefused(line + "\r\n\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "X-A : b\r\n",
                " X-A: b\r\n",
                "X-A: b\r\n c\r\n",
                "X-A: b\r\n\tc\r\n",
                "X A: b\r\n",
                ": b\r\n",
                "X-A\r\n",
                "X\u00e4: b\r\n",
                "X-A: b\u0000\r\n",
                "X-A: b\u0001\r\n",
                "X-A: b\u007f\r\n",
                "X-A: b\nX-B: c\r\n",
                "X-A: b\rX-B: c\r\n",
                "X-A: b\r\r\n",
                "\n",
            })
    void refusesFieldLine(String lines) {
        assertRefused("HTTP/1.1 200 OK\r\n" + lines + "\r\n");
    }

    @Test
    void namesTheFaultAndNotTheContent() {
        assertThatThrownBy(() -> new ResponseHeadParser().parse(bytes("HTTP/1.1 200 OK\r\nsecret name: x\r\n\r\n")))
                .isInstanceOf(MalformedResponseException.class)
                .hasMessage("response head: invalid field name");
        assertThatThrownBy(() -> new ResponseHeadParser().parse(bytes("HTTP/1.1 200 OK\n")))
                .hasMessage("response head: LF without CR");
        assertThatThrownBy(() -> new ResponseHeadParser().parse(bytes("secret\r\n")))
                .hasMessage("status line: no HTTP/1.1 or HTTP/1.0 response");
    }

    @Test
    void limitsBytesAndFields() throws Exception {
        assertThat(new ResponseHeadParser().parse(bytes(withFields(ResponseHeadParser.MAX_FIELDS))))
                .isNotNull();
        assertThatThrownBy(() -> new ResponseHeadParser().parse(bytes(withFields(ResponseHeadParser.MAX_FIELDS + 1))))
                .hasMessage("response head: more than 200 fields");
        assertThatThrownBy(() -> new ResponseHeadParser()
                        .parse(bytes("HTTP/1.1 200 OK\r\n" + "Set-Cookie: a\r\n".repeat(101) + "\r\n")))
                .hasMessage("response head: more than 100 lines of one field");
        String line = "HTTP/1.1 200 OK\r\nX: ";
        assertThat(new ResponseHeadParser().parse(bytes(line + "a".repeat(64 * 1024 - 50) + "\r\n\r\n")))
                .isNotNull();
        assertThatThrownBy(() -> new ResponseHeadParser().parse(bytes(line + "a".repeat(64 * 1024))))
                .hasMessage("response head: too long");
        assertThatThrownBy(() -> new ResponseHeadParser().parse(bytes("HTTP/1.1 200 " + "a".repeat(64 * 1024))))
                .hasMessage("response head: too long");
    }

    private static String withFields(int count) {
        StringBuilder head = new StringBuilder("HTTP/1.1 200 OK\r\n");
        for (int i = 0; i < count; i++) {
            head.append("X-").append(i).append(": y\r\n");
        }
        return head.append("\r\n").toString();
    }

    private static void assertRefused(String head) {
        for (int split = 0; split < head.length(); split++) {
            int at = split;
            assertThatThrownBy(() -> {
                        ResponseHeadParser parser = new ResponseHeadParser();
                        parser.parse(bytes(head.substring(0, at)));
                        assertThat(parser.parse(bytes(head.substring(at))))
                                .as("head taken")
                                .isNull();
                    })
                    .isInstanceOf(MalformedResponseException.class);
        }
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}
