package dev.tlsproxy.internal.listen;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class LateFramesTest {

    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int PING = 6;

    private final LateFrames late = new LateFrames();

    private static ByteBuffer header(int length, int type, int stream) {
        return ByteBuffer.allocate(9)
                .putInt(length << 8 | type)
                .put((byte) 0)
                .putInt(stream)
                .flip();
    }

    @Test
    void knowsDataAndTrailersOfAResetStreamOnly() {
        late.parsed(ByteBuffer.allocate(24), false);
        late.reset(3);
        late.parsed(header(500, DATA, 3), true);
        assertThat(late.isLate()).isTrue();
        assertThat(late.windowTaken()).isEqualTo(500);
        late.parsed(header(500, DATA, 5), true);
        assertThat(late.isLate()).isFalse();
        late.parsed(header(20, HEADERS, 3), true);
        assertThat(late.isLate()).isTrue();
        assertThat(late.windowTaken()).isZero();
        late.parsed(header(8, PING, 3), true);
        assertThat(late.isLate()).isFalse();
    }

    @Test
    void followsAHeaderThatComesInPiecesBehindThePreface() {
        late.reset(7);
        ByteBuffer all =
                ByteBuffer.allocate(33).position(24).put(header(1, DATA, 7)).clear();
        for (int i = 0; i < 33; i++) {
            late.parsed(all.slice(i, 1), i == 32);
        }
        assertThat(late.isLate()).isTrue();
    }

    @Test
    void forgetsTheOldestReset() {
        late.parsed(ByteBuffer.allocate(24), false);
        for (int stream = 1; stream <= 2 * 257; stream += 2) {
            late.reset(stream);
        }
        late.parsed(header(1, DATA, 1), true);
        assertThat(late.isLate()).isFalse();
        late.parsed(header(1, DATA, 3), true);
        assertThat(late.isLate()).isTrue();
    }
}
