package dev.tlsproxy.internal.listen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.Xnio;
import org.xnio.XnioIoThread;
import org.xnio.XnioWorker;
import org.xnio.conduits.StreamSinkConduit;
import org.xnio.conduits.WriteReadyHandler;

class RecordBatchConduitTest {

    private static final int RECORD = 16 * 1024 + 22;

    private static XnioWorker worker;
    private static XnioIoThread thread;

    private final ByteArrayOutputStream socket = new ByteArrayOutputStream();
    private final List<String> calls = new ArrayList<>();
    private int room = Integer.MAX_VALUE;
    private boolean broken;
    private WriteReadyHandler socketReady;
    private int heard;
    private final RecordBatchConduit conduit = new RecordBatchConduit(socket());

    @BeforeAll
    static void startWorker() throws Exception {
        worker = Xnio.getInstance()
                .createWorker(OptionMap.create(Options.WORKER_IO_THREADS, 1, Options.THREAD_DAEMON, true));
        thread = worker.getIoThread();
    }

    @AfterAll
    static void stopWorker() throws Exception {
        worker.shutdownNow();
        assertThat(worker.awaitTermination(5, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void fourLargeRecordsLeaveByOneWriteInOrder() {
        onThread(() -> {
            for (int i = 0; i < 5; i++) {
                assertThat(conduit.write(record(RECORD, i))).isEqualTo(RECORD);
            }
            assertThat(calls).containsExactly("write " + 4 * RECORD);
        });
        onThread(() -> assertThat(calls).containsExactly("write " + 4 * RECORD, "write " + RECORD));
        byte[] sent = socket.toByteArray();
        for (int i = 0; i < 5; i++) {
            assertThat(Arrays.copyOfRange(sent, i * RECORD, (i + 1) * RECORD)).containsOnly(i);
        }
    }

    @Test
    void smallRecordIsNotHeldAndForcesOutWhatIs() {
        onThread(() -> {
            conduit.write(record(100, 1));
            assertThat(calls).containsExactly("write 100");
            conduit.write(record(RECORD, 2));
            conduit.write(record(40, 3));
            assertThat(calls).containsExactly("write 100", "write " + RECORD, "write 40");
            conduit.terminateWrites();
            assertThat(calls).endsWith("terminateWrites");
        });
    }

    @Test
    void smallRecordBehindABatchThatTheSocketDoesNotTakeIsRefused() {
        onThread(() -> {
            room = RECORD + 10;
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
        onThread(() -> {
            room = 1000;
            conduit.write(record(RECORD, 1));
            assertThat(conduit.flush()).isFalse();
            assertThat(calls).doesNotContain("flush");
            room = Integer.MAX_VALUE;
            assertThat(conduit.flush()).isTrue();
            assertThat(calls).endsWith("flush");
            assertThat(socket.size()).isEqualTo(RECORD);
        });
    }

    @Test
    void whatASlowSocketLeftGoesWhenItIsWritableThoughNobodyElseWaitsForThat() {
        conduit.setWriteReadyHandler(handler());
        onThread(() -> {
            room = 1000;
            conduit.write(record(RECORD, 1));
        });
        onThread(() -> {
            assertThat(calls).endsWith("resumeWrites");
            conduit.suspendWrites(); // by an owner that has nothing more to write
            assertThat(calls).doesNotContain("suspendWrites");
            room = Integer.MAX_VALUE;
            socketReady.writeReady();
            assertThat(socket.size()).isEqualTo(RECORD);
            assertThat(calls).endsWith("suspendWrites");
            assertThat(heard).isZero();
        });
    }

    @Test
    void ownerThatWaitsHearsOfAWritableSocket() {
        conduit.setWriteReadyHandler(handler());
        onThread(() -> {
            room = 1000;
            conduit.write(record(RECORD, 1));
            conduit.resumeWrites();
        });
        onThread(() -> {
            room = Integer.MAX_VALUE;
            socketReady.writeReady();
            assertThat(heard).isEqualTo(1);
            assertThat(calls).doesNotContain("suspendWrites");
            assertThat(conduit.isWriteResumed()).isTrue();
        });
    }

    @Test
    void failureAtTheEndOfTheTurnIsToldByTheNextCall() {
        onThread(() -> {
            conduit.resumeWrites();
            broken = true;
            conduit.write(record(RECORD, 1));
        });
        onThread(() -> {
            assertThat(calls).endsWith("wakeupWrites");
            assertThatThrownBy(() -> conduit.write(record(RECORD, 2)))
                    .isInstanceOf(IOException.class)
                    .hasMessage("write failed: broken pipe");
            assertThatThrownBy(conduit::flush).isInstanceOf(IOException.class).hasMessage("write failed: broken pipe");
        });
    }

    @Test
    void connectionThatIsClosedWithoutAFlushLosesNothingThatTheSocketTakes() {
        onThread(() -> {
            conduit.write(record(RECORD, 1));
            conduit.leave();
            assertThat(socket.size()).isEqualTo(RECORD);
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

    private StreamSinkConduit socket() {
        return (StreamSinkConduit) Proxy.newProxyInstance(
                RecordBatchConduitTest.class.getClassLoader(),
                new Class<?>[] {StreamSinkConduit.class},
                (self, method, given) -> switch (method.getName()) {
                    case "write" -> take((ByteBuffer) given[0]);
                    case "getWriteThread" -> thread;
                    case "setWriteReadyHandler" -> {
                        socketReady = (WriteReadyHandler) given[0];
                        yield null;
                    }
                    case "flush" -> calls.add("flush");
                    default -> {
                        calls.add(method.getName());
                        yield null;
                    }
                });
    }

    private int take(ByteBuffer source) throws IOException {
        if (broken) {
            throw new IOException("broken pipe");
        }
        int count = Math.min(room, source.remaining());
        if (count > 0) {
            calls.add("write " + count);
        }
        room -= room == Integer.MAX_VALUE ? 0 : count;
        byte[] bytes = new byte[count];
        source.get(bytes);
        socket.writeBytes(bytes);
        return count;
    }

    /** Runs it as one turn: what it leaves to the end of the turn has run before the next call here. */
    private static void onThread(Work work) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        thread.execute(() -> {
            try {
                work.run();
                done.complete(null);
            } catch (Throwable failure) {
                done.completeExceptionally(failure);
            }
        });
        done.orTimeout(5, TimeUnit.SECONDS).join();
    }

    @FunctionalInterface
    private interface Work {
        void run() throws IOException;
    }
}
