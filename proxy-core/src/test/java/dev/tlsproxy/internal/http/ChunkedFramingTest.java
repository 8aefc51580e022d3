package dev.tlsproxy.internal.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChunkedFramingTest {

    private static ByteBuffer bytes(String latin1) {
        return ByteBuffer.wrap(latin1.getBytes(StandardCharsets.ISO_8859_1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0\r\n\r\n",
                "5\r\nhello\r\n0\r\n\r\n",
                "00000000000005\r\n\r\n\r\n\r\r\n000\r\n\r\n",
                "A;a=b;c=\"d\"\r\n0123456789\r\n0 ;\u00e9\r\nX-T: 1\r\nx:\t\r\n\r\n"
            })
    void endsBehindTheEmptyLineHoweverTheBytesAreCut(String coded) {
        for (int cut = 0; cut <= coded.length(); cut++) {
            ChunkedFraming framing = new ChunkedFraming();
            assertThat(framing.follow(bytes(coded.substring(0, cut)))).isTrue();
            assertThat(framing.isComplete()).isEqualTo(cut == coded.length());
            ByteBuffer rest = bytes(coded.substring(cut) + "GET");
            assertThat(framing.follow(rest)).isTrue();
            assertThat(framing.isComplete()).isTrue();
            assertThat(rest.remaining()).isEqualTo(3);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\r\n",
                "g\r\n",
                "0x5\r\n",
                "+5\r\n",
                " 5\r\n",
                "5 \r\n",
                "5 5\r\n",
                "5\n",
                "5\rX",
                "5\u0000\r\n",
                "5;a\nb\r\n",
                "5;a\rb\r\n",
                "5;\u007f\r\n",
                "000000000000005\r\n",
                "400000000000000\r\n",
                "5\r\nhello\n0\r\n\r\n",
                "5\r\nhelloX\r\n0\r\n\r\n",
                "5\r\nhello\r0\r\n\r\n",
                "5\r\nhello\r\n\r\n\r\n",
                "0\r\n\n",
                "0\r\nX\r\n\r\n",
                "0\r\nX : y\r\n\r\n",
                "0\r\n X: y\r\n\r\n",
                "0\r\n: y\r\n\r\n",
                "0\r\nX: y\n\r\n",
                "0\r\nX: y\rz\r\n\r\n",
                "0\r\nX: \u0000\r\n\r\n",
                "0\r\nX: y\r\n\n"
            })
    void findsWhatIsNoChunkedBodyHoweverTheBytesAreCut(String coded) {
        for (int cut = 0; cut <= coded.length(); cut++) {
            ChunkedFraming framing = new ChunkedFraming();
            framing.follow(bytes(coded.substring(0, cut)));
            assertThat(framing.follow(bytes(coded.substring(cut)))).isFalse();
            assertThat(framing.isMalformed()).isTrue();
            assertThat(framing.isComplete()).isFalse();
        }
    }

    @Test
    void takesSizesOfUpTo14Digits() {
        ChunkedFraming framing = new ChunkedFraming();
        assertThat(framing.follow(bytes("ffffffffffffff\r\nhello\r\n0\r\n\r\n")))
                .isTrue();
        assertThat(framing.isComplete()).isFalse();
    }
}
