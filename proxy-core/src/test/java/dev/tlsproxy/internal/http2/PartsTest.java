package dev.tlsproxy.internal.http2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.testing.Http2Upstream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Windows, settings, budgets, the bytes of a body. */
class PartsTest {

    private final AtomicLong nanos = new AtomicLong();

    @Test
    void windowMayGoBelowZeroAndNeverBeyondItsMost() {
        Window window = new Window(10);
        window.take(10);
        assertThat(window.add(-5)).isTrue();
        assertThat(window.octets()).isEqualTo(-5);
        assertThat(window.add(Integer.MAX_VALUE)).isTrue();
        assertThat(window.add(6)).isFalse();
    }

    @Test
    void settingsAreThoseThatWereSaidLast() throws Exception {
        PeerSettings settings = new PeerSettings();
        assertThat(settings.initialWindow()).isEqualTo(65_535);
        settings.apply(ByteBuffer.wrap(Http2Upstream.settings(3, 7, 4, 1, 4, 2, 5, 1 << 20, 99, 5, 1, 0, 6, 9, 2, 0)));
        assertThat(settings.maxStreams()).isEqualTo(7);
        assertThat(settings.initialWindow()).isEqualTo(2);
        assertThat(settings.maxPayload()).isEqualTo(16_384);
        settings.apply(ByteBuffer.wrap(Http2Upstream.settings(3, -1)));
        assertThat(settings.maxStreams()).isEqualTo(Integer.MAX_VALUE);
    }

    @ParameterizedTest
    @CsvSource({
        "2, 1, 1, ENABLE_PUSH",
        "4, -1, 3, INITIAL_WINDOW_SIZE",
        "5, 16383, 1, MAX_FRAME_SIZE",
        "5, 16777216, 1, MAX_FRAME_SIZE"
    })
    void refusesASetting(int id, int value, int code, String name) {
        assertThatThrownBy(() -> new PeerSettings().apply(ByteBuffer.wrap(Http2Upstream.settings(id, value))))
                .isInstanceOf(ConnectionErrorException.class)
                .hasMessage("SETTINGS: invalid " + name)
                .extracting("code")
                .isEqualTo(code);
    }

    @Test
    void budgetEndsAFloodAndIsRefilledByTimeAndData() throws Exception {
        FloodBudget budget = new FloodBudget(nanos::get);
        for (int i = 0; i < FloodBudget.ANSWERED; i++) {
            budget.answered();
        }
        assertThatThrownBy(budget::answered).hasMessage("flood of PING or SETTINGS frames");
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(1));
        for (int i = 0; i < 10; i++) {
            budget.answered();
        }
        budget.sentData();
        budget.answered();
        budget.answered();
        assertThatThrownBy(budget::answered).hasMessage("flood of PING or SETTINGS frames");
        for (int i = 0; i < FloodBudget.USELESS; i++) {
            budget.useless();
        }
        assertThatThrownBy(budget::useless).hasMessage("flood of frames without use");
    }

    @Test
    void ringGivesBytesInOrder() {
        Random random = new Random(3);
        ByteRing ring = new ByteRing();
        Queue<Byte> expected = new ArrayDeque<>();
        for (int i = 0; i < 10_000; i++) {
            byte[] in = new byte[random.nextInt(700)];
            random.nextBytes(in);
            ring.put(ByteBuffer.wrap(in));
            for (byte b : in) {
                expected.add(b);
            }
            ByteBuffer out = ByteBuffer.allocate(random.nextInt(1400));
            int moved = ring.get(out);
            assertThat(moved).isEqualTo(out.position());
            for (byte b : out.flip().array().length == 0 ? new byte[0] : java.util.Arrays.copyOf(out.array(), moved)) {
                assertThat(b).isEqualTo(expected.remove());
            }
            assertThat(ring.size()).isEqualTo(expected.size());
        }
    }
}
