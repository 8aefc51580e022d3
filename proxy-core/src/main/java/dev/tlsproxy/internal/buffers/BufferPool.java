package dev.tlsproxy.internal.buffers;

import io.undertow.connector.ByteBufferPool;
import io.undertow.connector.PooledByteBuffer;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.xnio.XnioIoThread;

/**
 * Buffers of one size that are used again. Up to a number of them are outside the heap, where system calls read and write
 * without a copy; what is needed beyond comes from the heap and is left to the garbage collector. So the memory outside
 * the heap has a bound. None of it is given back by hand, which the JVM has no supported way for: what is idle beyond a
 * megabyte is left to the garbage collector too, and counts until that has found it, as does a buffer that nobody gave
 * back (connections that are cut lose some).
 *
 * <p>Thread-safe; it never blocks.
 */
public final class BufferPool implements ByteBufferPool {

    private static final int MAX_IDLE_BYTES = 1024 * 1024;

    private final int bufferSize;
    private final int maxPooled;
    private final boolean direct;
    private final AtomicInteger made = new AtomicInteger();
    private final Set<Reference<ByteBuffer>> known = ConcurrentHashMap.newKeySet();
    private final ReferenceQueue<ByteBuffer> lost = new ReferenceQueue<>();
    private final ConcurrentLinkedQueue<ByteBuffer> shared = new ConcurrentLinkedQueue<>();
    private final AtomicInteger idle = new AtomicInteger(); // those of shared
    private final ThreadLocal<LocalBuffers> local = ThreadLocal.withInitial(LocalBuffers::new);
    private final BufferPool onHeap;
    private volatile boolean closed;

    /**
     * A pool.
     *
     * @param bufferSize of each buffer, in bytes
     * @param maxPooled how many are outside the heap at most, in use or not; more are made on the heap
     */
    public BufferPool(int bufferSize, int maxPooled) {
        this.bufferSize = bufferSize;
        this.maxPooled = maxPooled;
        this.direct = true;
        this.onHeap = new BufferPool(bufferSize);
    }

    /** Keeps nothing. */
    private BufferPool(int bufferSize) {
        this.bufferSize = bufferSize;
        this.maxPooled = 0;
        this.direct = false;
        this.onHeap = this;
    }

    /**
     * Lends a buffer.
     *
     * @return cleared; whoever has it closes it, once or more often
     * @throws IllegalStateException when the pool is closed
     */
    @Override
    public PooledByteBuffer allocate() {
        if (closed) {
            throw new IllegalStateException("buffer pool: closed (expected: open)");
        }
        ByteBuffer kept = kept();
        return new Lent(kept != null ? kept : ByteBuffer.allocate(bufferSize));
    }

    /**
     * Lends a buffer of those within the bound.
     *
     * @return as {@link #allocate}; null where all of them are in use
     */
    public @Nullable PooledByteBuffer allocateKept() {
        ByteBuffer kept = kept();
        return kept == null ? null : new Lent(kept);
    }

    private @Nullable ByteBuffer kept() {
        ByteBuffer known = isIoThread() ? local.get().poll() : null;
        if (known == null) {
            known = takeShared();
        }
        return known == null ? make() : known.clear();
    }

    private @Nullable ByteBuffer takeShared() {
        ByteBuffer buffer = shared.poll();
        if (buffer != null) {
            idle.decrementAndGet();
        }
        return buffer;
    }

    private @Nullable ByteBuffer make() {
        forgetLost();
        if (made.get() >= maxPooled) {
            return null;
        }
        if (made.incrementAndGet() > maxPooled) {
            made.decrementAndGet();
            return null;
        }
        try {
            ByteBuffer buffer = ByteBuffer.allocateDirect(bufferSize);
            known.add(new WeakReference<>(buffer, lost));
            return buffer;
        } catch (OutOfMemoryError e) {
            // The program's own use may have reached -XX:MaxDirectMemorySize. Nothing of the heap is missing then.
            made.decrementAndGet();
            return null;
        }
    }

    private void forgetLost() {
        for (Reference<?> gone = lost.poll(); gone != null; gone = lost.poll()) {
            known.remove(gone);
            made.decrementAndGet();
        }
    }

    private void takeBack(ByteBuffer buffer) {
        if (closed || !buffer.isDirect()) {
            return;
        }
        if (isIoThread() && local.get().offer(buffer)) {
            return;
        }
        if (idle.incrementAndGet() <= MAX_IDLE_BYTES / bufferSize) {
            shared.offer(buffer);
        } else {
            idle.decrementAndGet();
        }
    }

    /** Other threads are the program's, or end soon: what they kept would be lost to the pool. */
    private static boolean isIoThread() {
        return Thread.currentThread() instanceof XnioIoThread;
    }

    @Override
    public int getBufferSize() {
        return bufferSize;
    }

    @Override
    public boolean isDirect() {
        return direct;
    }

    @Override
    public ByteBufferPool getArrayBackedPool() {
        return onHeap;
    }

    /** Lends nothing any more; what is still lent is not kept when it comes back. */
    @Override
    public void close() {
        closed = true;
        shared.clear();
    }

    /** A buffer in use. */
    private final class Lent extends AtomicReference<@Nullable ByteBuffer> implements PooledByteBuffer {

        private static final long serialVersionUID = 1L;

        Lent(ByteBuffer buffer) {
            super(buffer);
        }

        @Override
        public ByteBuffer getBuffer() {
            ByteBuffer buffer = getPlain();
            if (buffer == null) {
                throw new IllegalStateException("buffer: given back already (expected: in use)");
            }
            return buffer;
        }

        @Override
        public void close() {
            ByteBuffer buffer = getAndSet(null);
            if (buffer != null) {
                takeBack(buffer);
            }
        }

        @Override
        public boolean isOpen() {
            return get() != null;
        }
    }
}
