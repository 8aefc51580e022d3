package dev.tlsproxy.internal.listen;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LateFramesTest {

    private static final int RST_STREAM = 3;

    private final LateFrames late = new LateFrames();

    @BeforeEach
    void preface() {
        late.parsed(ByteBuffer.allocate(10), false);
        late.parsed(ByteBuffer.allocate(14), false);
    }

    private boolean isLate(int type, int stream) {
        for (int cut = 0; cut <= FrameGate.HEADER_LENGTH; cut++) {
            ByteBuffer frame = ByteBuffer.allocate(FrameGate.HEADER_LENGTH + 20);
            frame.put(3, (byte) type).putInt(5, stream);
            late.parsed(frame.slice(0, cut), false);
            late.parsed(frame.slice(cut, frame.capacity() - cut), true);
        }
        return late.isLate();
    }

    @Test
    void areDataAndTrailersOfStreamsThatTheProxyHasReset() {
        late.reset(5);
        assertThat(isLate(FrameBudget.DATA, 5)).isTrue();
        assertThat(isLate(FrameBudget.HEADERS, 5)).isTrue();
        assertThat(isLate(FrameBudget.WINDOW_UPDATE, 5)).isFalse();
        assertThat(isLate(FrameBudget.DATA, 7)).isFalse();
    }

    /** RFC 9113 section 5.1: after its own reset a client may send nothing but PRIORITY. */
    @Test
    void areWrongOnceWhereTheClientHasResetTheStreamAndLateFromThenOn() {
        isLate(RST_STREAM, 5);
        late.reset(5);
        assertThat(isLate(FrameBudget.DATA, 5)).isFalse();
        assertThat(late.isWrong()).isTrue();
        assertThat(late.stream()).isEqualTo(5);
        assertThat(isLate(FrameBudget.DATA, 5)).isTrue();
        assertThat(late.isWrong()).isFalse();
        late.reset(7);
        isLate(RST_STREAM, 7);
        assertThat(isLate(FrameBudget.HEADERS, 7)).isFalse();
        assertThat(late.isWrong()).isTrue();
        isLate(RST_STREAM, 9);
        assertThat(isLate(FrameBudget.WINDOW_UPDATE, 9)).isFalse();
        assertThat(late.isWrong()).isFalse();
    }

    @Test
    void areForgottenWithTheStreamsThatWereResetLongAgo() {
        for (int stream = 1; stream <= 2 * 257; stream += 2) {
            late.reset(stream);
        }
        assertThat(isLate(FrameBudget.DATA, 1)).isFalse();
        assertThat(isLate(FrameBudget.DATA, 3)).isTrue();
    }
}
