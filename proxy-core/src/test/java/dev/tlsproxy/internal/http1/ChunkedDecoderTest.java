package dev.tlsproxy.internal.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChunkedDecoderTest {

    private static final String CODED =
            "5\r\nhello\r\n00A;a=b; c=\"d\"\r\n, world\r\n!\r\n0 ;x\r\nX-T: 1\r\nx-t: 2\r\n\r\n";

    @Test
    void everySplitGivesTheSameBody() throws Exception {
        for (int first = 0; first <= CODED.length(); first++) {
            for (int second = first; second <= CODED.length(); second++) {
                ChunkedDecoder decoder = new ChunkedDecoder();
                String body = decode(decoder, CODED.substring(0, first))
                        + decode(decoder, CODED.substring(first, second))
                        + decode(decoder, CODED.substring(second));
                assertThat(body).isEqualTo("hello, world\r\n!");
                assertThat(decoder.isDone()).isTrue();
                assertThat(decoder.trailers().get("X-T")).containsExactly("1", "2");
            }
        }
    }

    @Test
    void countsWhatComesBehindTheEnd() throws Exception {
        ByteBuffer buffer = ByteBuffer.allocate(100).put("1\r\na\r\n0\r\n\r\nHTTP".getBytes(StandardCharsets.US_ASCII));
        assertThat(new ChunkedDecoder().decode(buffer, 0)).isEqualTo(4);
        assertThat(buffer.position()).isEqualTo(1);
    }

    @Test
    void isNotDoneBeforeTheEmptyLine() throws Exception {
        ChunkedDecoder decoder = new ChunkedDecoder();
        decode(decoder, "0\r\n");
        assertThat(decoder.isDone()).isFalse();
        decode(decoder, "\r\n");
        assertThat(decoder.isDone()).isTrue();
    }

    @Test
    void takesSizesOfUpTo15Digits() throws Exception {
        ChunkedDecoder decoder = new ChunkedDecoder();
        assertThat(decode(decoder, "fffffffffffffff\r\nabc")).isEqualTo("abc");
        assertThat(decoder.isDone()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\r\n",
                "g\r\n",
                "0x5\r\n",
                "-5\r\n",
                "+5\r\n",
                " 5\r\n",
                "5 \r\n",
                "5 5\r\n",
                ";a\r\n",
                "5,a\r\n",
                "1000000000000000\r\n",
                "10000000000000005\r\n",
                "0000000000000001\r\n",
                "5\nhello",
                "5\rhello",
                "5;a=\u0000\r\n",
                "5\r\nhello\n",
                "5\r\nhelloJUNK\r\n",
                "5\r\nhello5\r\n",
                "0\r\nX A: 1\r\n\r\n",
                "0\r\nX: 1\n\r\n",
                "0\r\n X: 1\r\n\r\n",
            })
    void refuses(String coded) {
        for (int split = 0; split < coded.length(); split++) {
            int at = split;
            assertThatThrownBy(() -> {
                        ChunkedDecoder decoder = new ChunkedDecoder();
                        decode(decoder, coded.substring(0, at));
                        decode(decoder, coded.substring(at));
                    })
                    .isInstanceOf(MalformedResponseException.class);
        }
    }

    @Test
    void limitsExtensionsAndTrailers() {
        assertThatThrownBy(() -> decode(new ChunkedDecoder(), "5;" + "a".repeat(ChunkedDecoder.MAX_SIZE_LINE)))
                .hasMessage("chunk size: too long");
        assertThatThrownBy(
                        () -> decode(new ChunkedDecoder(), "0\r\nX: " + "a".repeat(ChunkedDecoder.MAX_TRAILER_BYTES)))
                .hasMessage("trailers: too long");
        assertThatThrownBy(() ->
                        decode(new ChunkedDecoder(), "0\r\n" + "X: a\r\n".repeat(ChunkedDecoder.MAX_TRAILERS + 1)))
                .hasMessage("trailers: more than 100 fields");
    }

    @Test
    void dropsTrailersThatWouldActTooLate() throws Exception {
        ChunkedDecoder decoder = new ChunkedDecoder();
        decode(
                decoder,
                "0\r\nGrpc-Status: 0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nHost: h\r\nSet-Cookie: a\r\n"
                        + "Authorization: b\r\nX-Forwarded-For: c\r\nContent_Type: d\r\nProxy-X: e\r\nContent-Digest: f\r\n\r\n");
        assertThat(TrailerFields.permitted(decoder.trailers()).getHeaderNames())
                .extracting(Object::toString)
                .containsExactlyInAnyOrder("Grpc-Status", "Content-Digest");
    }

    /** Decodes in place behind some bytes that were there before, as they are in a reader's buffer. */
    private static String decode(ChunkedDecoder decoder, String coded) throws MalformedResponseException {
        byte[] bytes = coded.getBytes(StandardCharsets.ISO_8859_1);
        ByteBuffer buffer =
                ByteBuffer.allocate(bytes.length + 3).put(new byte[3]).put(bytes);
        decoder.decode(buffer, 3);
        return new String(buffer.array(), 3, buffer.position() - 3, StandardCharsets.ISO_8859_1);
    }
}
