package dev.tlsproxy.internal.listen;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.internal.buffers.BufferPool;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class GatheringSinkConduitTest {

    private static TurnThread turns;

    private final RecordingSink connection = new RecordingSink(turns.thread());
    private final BufferPool pool = new BufferPool(16 * 1024 - 20, 4);
    private final GatheringSinkConduit conduit = new GatheringSinkConduit(connection.conduit(), pool);

    @BeforeAll
    static void startThread() throws Exception {
        turns = new TurnThread();
    }

    @AfterAll
    static void stopThread() throws Exception {
        turns.stop();
    }

    @Test
    void framesOfATurnLeaveByOneWriteAtItsEnd() {
        turns.run(() -> {
            conduit.write(bytes("head"));
            conduit.write(new ByteBuffer[] {bytes(" da"), bytes("ta")}, 0, 2);
            assertThat(conduit.flush()).isTrue();
            assertThat(connection.calls()).isEmpty();
        });
        turns.run(() -> assertThat(connection.calls()).containsExactly("write 9", "flush"));
        assertThat(connection.sent()).isEqualTo("head data".getBytes(StandardCharsets.US_ASCII));
    }

    @Test
    void moreThanARecordLeavesWithinTheTurn() {
        turns.run(() -> {
            for (int i = 0; i < 5; i++) {
                assertThat(conduit.write(ByteBuffer.allocate(4000))).isEqualTo(4000);
            }
            assertThat(connection.calls()).containsExactly("write 16000");
        });
        turns.run(() -> assertThat(connection.sent()).hasSize(20_000));
    }

    @Test
    void largeWriteComesBehindWhatWasGathered() {
        turns.run(() -> {
            conduit.write(bytes("head"));
            conduit.write(ByteBuffer.allocate(10_000));
            assertThat(connection.calls()).containsExactly("write 4", "write 10000");
        });
    }

    @Test
    void writeIsRefusedWhereTheSocketHasNotTakenWhatWasGathered() {
        turns.run(() -> {
            connection.takeOnly(2);
            conduit.write(bytes("head"));
            assertThat(conduit.write(ByteBuffer.allocate(10_000))).isZero();
        });
        turns.run(() -> {
            assertThat(connection.calls()).endsWith("resumeWrites");
            conduit.suspendWrites();
            assertThat(connection.calls()).doesNotContain("suspendWrites");
            assertThat(conduit.flush()).isFalse();
            connection.takeAll();
            assertThat(conduit.flush()).isTrue();
            assertThat(connection.sent()).isEqualTo(bytes("head").array());
        });
    }

    @Test
    void fromTheLastFrameOnNothingIsHeld() {
        turns.run(() -> {
            conduit.write(bytes("response"));
            conduit.writeThrough();
            conduit.write(bytes("GOAWAY"));
            assertThat(connection.calls()).containsExactly("write 8", "write 6");
        });
    }

    @Test
    void endOfWritesComesBehindWhatWasGathered() {
        turns.run(() -> {
            conduit.write(bytes("last"));
            conduit.terminateWrites();
            assertThat(connection.calls()).isEmpty();
            assertThat(conduit.flush()).isTrue();
            assertThat(connection.calls()).containsExactly("write 4", "terminateWrites", "flush");
        });
    }

    @Test
    void connectionThatIsClosedHasSentWhatWasGathered() {
        turns.run(() -> {
            conduit.write(bytes("last"));
            conduit.leave();
            assertThat(connection.calls()).containsExactly("write 4");
        });
    }

    @Test
    void failureAtTheEndOfTheTurnIsTold() {
        IOException[] told = new IOException[1];
        conduit.watch(failure -> told[0] = failure);
        turns.run(() -> {
            connection.breakDown();
            conduit.write(bytes("lost"));
        });
        turns.run(() -> assertThat(told[0]).hasMessage("broken pipe"));
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }
}
