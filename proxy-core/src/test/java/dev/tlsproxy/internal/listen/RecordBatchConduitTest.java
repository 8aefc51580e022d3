package dev.tlsproxy.internal.listen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.xnio.conduits.WriteReadyHandler;

class RecordBatchConduitTest {

    private static final int RECORD = 16 * 1024 + 22;

    private static TurnThread turns;

    private final RecordingSink socket = new RecordingSink(turns.thread());
    private int heard;
    private final RecordBatchConduit conduit = new RecordBatchConduit(socket.conduit());

    @BeforeAll
    static void startThread() throws Exception {
        turns = new TurnThread();
    }

    @AfterAll
    static void stopThread() throws Exception {
        turns.stop();
    }

    @Test
    void fourLargeRecordsLeaveByOneWriteInOrder() {
        turns.run(() -> {
            for (int i = 0; i < 5; i++) {
                assertThat(conduit.write(record(RECORD, i))).isEqualTo(RECORD);
            }
            assertThat(socket.calls()).containsExactly("write " + 4 * RECORD);
        });
        turns.run(() -> assertThat(socket.calls()).containsExactly("write " + 4 * RECORD, "write " + RECORD));
        byte[] sent = socket.sent();
        for (int i = 0; i < 5; i++) {
            assertThat(Arrays.copyOfRange(sent, i * RECORD, (i + 1) * RECORD)).containsOnly(i);
        }
    }

    @Test
    void smallRecordIsNotHeldAndForcesOutWhatIs() {
        turns.run(() -> {
            conduit.write(record(100, 1));
            assertThat(socket.calls()).containsExactly("write 100");
            conduit.write(record(RECORD, 2));
            conduit.write(record(40, 3));
            assertThat(socket.calls()).containsExactly("write 100", "write " + RECORD, "write 40");
            conduit.terminateWrites();
            assertThat(socket.calls()).endsWith("terminateWrites");
        });
    }

    @Test
    void smallRecordOfAResponseIsHeldUntilItIsFlushed() {
        turns.run(() -> {
            conduit.holdSmall();
            assertThat(conduit.write(record(100, 1))).isEqualTo(100);
            assertThat(conduit.write(record(200, 2))).isEqualTo(200);
            assertThat(socket.calls()).isEmpty();
            assertThat(conduit.flush()).isTrue();
            assertThat(socket.calls()).containsExactly("write 300", "flush");
        });
    }

    @Test
    void smallRecordOfAResponseThatNobodyFlushesLeavesAtTheEndOfTheTurn() {
        turns.run(() -> {
            conduit.holdSmall();
            conduit.write(record(100, 1));
        });
        turns.run(() -> assertThat(socket.calls()).containsExactly("write 100"));
    }

    /** It may be close_notify, behind which nothing is written or flushed. */
    @Test
    void recordAsSmallAsAnAlertForcesOutWhatIsHeld() {
        turns.run(() -> {
            conduit.holdSmall();
            conduit.write(record(100, 1));
            conduit.write(record(40, 2));
            assertThat(socket.calls()).containsExactly("write 100", "write 40");
        });
    }

    @Test
    void smallRecordThatIsHeldLeavesBeforeTheEndOfWrites() {
        turns.run(() -> {
            conduit.holdSmall();
            conduit.write(record(100, 1));
            conduit.terminateWrites();
            assertThat(socket.calls()).containsExactly("write 100", "terminateWrites");
        });
    }

    @Test
    void smallRecordBehindABatchThatTheSocketDoesNotTakeIsRefused() {
        turns.run(() -> {
            socket.takeOnly(RECORD + 10);
            conduit.write(record(RECORD, 1));
            conduit.write(record(RECORD, 2));
            assertThat(conduit.write(record(40, 3))).isZero();
            assertThatThrownBy(conduit::terminateWrites)
                    .isInstanceOf(IOException.class)
                    .hasMessage("end of writes before the last ones");
        });
    }

    @Test
    void flushIsTrueOnlyWhenTheSocketHasAll() {
        turns.run(() -> {
            socket.takeOnly(1000);
            conduit.write(record(RECORD, 1));
            assertThat(conduit.flush()).isFalse();
            assertThat(socket.calls()).doesNotContain("flush");
            socket.takeAll();
            assertThat(conduit.flush()).isTrue();
            assertThat(socket.calls()).endsWith("flush");
            assertThat(socket.sent()).hasSize(RECORD);
        });
    }

    @Test
    void whatASlowSocketLeftGoesWhenItIsWritableThoughNobodyElseWaitsForThat() {
        conduit.setWriteReadyHandler(handler());
        turns.run(() -> {
            socket.takeOnly(1000);
            conduit.write(record(RECORD, 1));
        });
        turns.run(() -> {
            assertThat(socket.calls()).endsWith("resumeWrites");
            conduit.suspendWrites(); // by an owner that has nothing more to write
            assertThat(socket.calls()).doesNotContain("suspendWrites");
            socket.takeAll();
            socket.becomeWritable();
            assertThat(socket.sent()).hasSize(RECORD);
            assertThat(socket.calls()).endsWith("suspendWrites");
            assertThat(heard).isZero();
        });
    }

    @Test
    void ownerThatWaitsHearsOfAWritableSocket() {
        conduit.setWriteReadyHandler(handler());
        turns.run(() -> {
            socket.takeOnly(1000);
            conduit.write(record(RECORD, 1));
            conduit.resumeWrites();
        });
        turns.run(() -> {
            socket.takeAll();
            socket.becomeWritable();
            assertThat(heard).isEqualTo(1);
            assertThat(socket.calls()).doesNotContain("suspendWrites");
            assertThat(conduit.isWriteResumed()).isTrue();
        });
    }

    @Test
    void failureAtTheEndOfTheTurnIsToldByTheNextCall() {
        turns.run(() -> {
            conduit.resumeWrites();
            socket.breakDown();
            conduit.write(record(RECORD, 1));
        });
        turns.run(() -> {
            assertThat(socket.calls()).endsWith("wakeupWrites");
            assertThatThrownBy(() -> conduit.write(record(RECORD, 2)))
                    .isInstanceOf(IOException.class)
                    .hasMessage("write failed: broken pipe");
            assertThatThrownBy(conduit::flush).isInstanceOf(IOException.class).hasMessage("write failed: broken pipe");
        });
    }

    @Test
    void connectionThatIsClosedWithoutAFlushLosesNothingThatTheSocketTakes() {
        turns.run(() -> {
            conduit.write(record(RECORD, 1));
            conduit.leave();
            assertThat(socket.sent()).hasSize(RECORD);
        });
    }

    private static ByteBuffer record(int length, int content) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) content);
        return ByteBuffer.wrap(bytes);
    }

    private WriteReadyHandler handler() {
        return new WriteReadyHandler() {
            @Override
            public void writeReady() {
                heard++;
            }

            @Override
            public void forceTermination() {}

            @Override
            public void terminated() {}
        };
    }
}
