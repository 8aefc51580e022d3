package dev.tlsproxy.internal.buffers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.undertow.connector.PooledByteBuffer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.Xnio;
import org.xnio.XnioIoThread;
import org.xnio.XnioWorker;

class BufferPoolTest {

    private static XnioWorker worker;

    private final BufferPool pool = new BufferPool(100, 20);

    @BeforeAll
    static void startWorker() throws Exception {
        worker = Xnio.getInstance()
                .createWorker(OptionMap.create(Options.WORKER_IO_THREADS, 2, Options.THREAD_DAEMON, true));
    }

    @AfterAll
    static void stopWorker() throws Exception {
        worker.shutdownNow();
        assertThat(worker.awaitTermination(5, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void lendsDirectBuffersOfItsSizeAgain() {
        PooledByteBuffer lent = pool.allocate();
        ByteBuffer first = lent.getBuffer();
        assertThat(first.isDirect()).isTrue();
        assertThat(first.remaining()).isEqualTo(100);
        first.position(40).limit(60);
        lent.close();
        ByteBuffer again = pool.allocate().getBuffer();
        assertThat(again).isSameAs(first);
        assertThat(again.position()).isZero();
        assertThat(again.remaining()).isEqualTo(100);
    }

    @Test
    void lendsFromTheHeapBeyondItsBoundAndKeepsNoneOfThose() {
        List<PooledByteBuffer> lent = lend(pool, 25);
        assertThat(lent.stream().filter(each -> each.getBuffer().isDirect())).hasSize(20);
        lent.forEach(PooledByteBuffer::close);
        List<PooledByteBuffer> again = lend(pool, 25);
        assertThat(again.stream().filter(each -> each.getBuffer().isDirect())).hasSize(20);
    }

    @Test
    void ioThreadKeepsTwelveAndLeavesTheOthersToAll() {
        XnioIoThread thread = worker.getIoThread();
        on(thread, () -> {
            lend(pool, 20).forEach(PooledByteBuffer::close);
            return null;
        });
        List<PooledByteBuffer> others = lend(pool, 9); // on a thread that keeps none
        assertThat(others.stream().filter(each -> each.getBuffer().isDirect())).hasSize(8);
        long kept = on(
                thread,
                () -> lend(pool, 13).stream()
                        .filter(each -> each.getBuffer().isDirect())
                        .count());
        assertThat(kept).isEqualTo(12);
    }

    @Test
    void bufferGivenBackTwiceIsLentOnceAndCanNoLongerBeUsed() {
        PooledByteBuffer lent = pool.allocate();
        lent.close();
        lent.close();
        assertThat(lent.isOpen()).isFalse();
        assertThatThrownBy(lent::getBuffer)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("buffer: given back already (expected: in use)");
        assertThat(pool.allocate().getBuffer()).isNotSameAs(pool.allocate().getBuffer());
    }

    @Test
    void keepsAMegabyteOfIdleOnesAndLeavesTheOthersToTheCollector() {
        BufferPool large = new BufferPool(100_000, 20);
        lend(large, 20).forEach(PooledByteBuffer::close);
        List<PooledByteBuffer> again = lend(large, 20);
        assertThat(again.stream().filter(each -> each.getBuffer().isDirect())).hasSizeBetween(10, 20);
        await().until(() -> {
            System.gc();
            return large.allocateKept() != null;
        });
        assertThat(again).hasSize(20); // held until here
    }

    @Test
    void buffersThatNobodyGivesBackAreMadeAgainWhenTheCollectorHasFoundThem() {
        assertThat(lend(pool, 20)).hasSize(20); // and let go of
        await().until(() -> {
            System.gc();
            return pool.allocateKept() != null;
        });
    }

    @Test
    void lendsNoneBeyondItsBoundToWhoWantsAKeptOne() {
        List<PooledByteBuffer> lent = lend(pool, 20);
        assertThat(pool.allocateKept()).isNull();
        lent.get(0).close();
        assertThat(pool.allocateKept()).isNotNull();
        assertThat(lent).hasSize(20); // all others are held until here
    }

    @Test
    void closedPoolLendsNothing() {
        PooledByteBuffer lent = pool.allocate();
        pool.close();
        lent.close();
        assertThatThrownBy(pool::allocate)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("buffer pool: closed (expected: open)");
    }

    @Test
    void arrayBackedTwinLendsArrays() {
        assertThat(pool.getArrayBackedPool().getBufferSize()).isEqualTo(100);
        assertThat(pool.getArrayBackedPool().allocate().getBuffer().hasArray()).isTrue();
    }

    private static List<PooledByteBuffer> lend(BufferPool pool, int count) {
        List<PooledByteBuffer> lent = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            lent.add(pool.allocate());
        }
        return lent;
    }

    private static <T> T on(XnioIoThread thread, Supplier<T> work) {
        return CompletableFuture.supplyAsync(work, thread)
                .orTimeout(5, TimeUnit.SECONDS)
                .join();
    }
}
