package dev.tlsproxy.internal.listen;

import dev.tlsproxy.internal.buffers.BufferPool;
import io.undertow.connector.PooledByteBuffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.xnio.channels.StreamSourceChannel;
import org.xnio.conduits.AbstractStreamSinkConduit;
import org.xnio.conduits.ConduitWritableByteChannel;
import org.xnio.conduits.Conduits;
import org.xnio.conduits.StreamSinkConduit;
import org.xnio.conduits.WriteReadyHandler;

/**
 * Sends the large TLS records of a transfer four at a time: a write costs the kernel about as much for four as for one.
 * What it holds leaves when it is flushed, and at the end of the I/O thread's turn at the latest. Small records are held
 * only from {@link #holdSmall} on. Records as small as an alert are never held: behind a close_notify there is nothing left to
 * write. The memory of all batches together is bounded; where it is used up records are written one by one.
 *
 * <p>Used on the connection's I/O thread.
 */
final class RecordBatchConduit extends AbstractStreamSinkConduit<StreamSinkConduit> {

    /** Four records of 16 KiB and what protects them (RFC 8446 section 5.2). */
    private static final int CAPACITY = 4 * (16 * 1024 + 64);

    private static final int LARGE = 8 * 1024;

    /** More than an alert has, whatever protects it (RFC 8446 section 6); less than any response head. */
    private static final int SMALL = 80;

    /** 16 MB: slow clients hold theirs for as long as their sockets take nothing. */
    private static final BufferPool BATCHES = new BufferPool(CAPACITY, 256);

    private final Runnable endOfTurn = this::endOfTurn;
    private final HeldBytes batch = new HeldBytes();
    private @Nullable IOException failure;
    private boolean awaited;
    private boolean blocked;
    private boolean resumed; // as whoever writes wants it; holds while blocked
    private int least = LARGE;

    RecordBatchConduit(StreamSinkConduit next) {
        super(next);
    }

    /**
     * From now on small records are held as well, for the response of an HTTP/1.1 exchange: those of the turn's exchanges
     * then leave one behind the other, and most find their reader awake, which costs the kernel less.
     */
    void holdSmall() {
        least = SMALL;
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        check();
        int length = source.remaining();
        boolean held = length >= least && length <= CAPACITY;
        if (!batch.isEmpty() && (!held || batch.room() < length) && !writeOut()) {
            return 0;
        }
        if (!held || (batch.isEmpty() && !begin())) {
            return next.write(source);
        }
        batch.add(source);
        return length;
    }

    /** Whether there is memory for a batch. */
    private boolean begin() throws IOException {
        PooledByteBuffer buffer = BATCHES.allocateKept();
        if (buffer == null) {
            return false;
        }
        batch.begin(buffer);
        if (!awaited) {
            awaited = true;
            try {
                getWriteThread().execute(endOfTurn);
            } catch (RejectedExecutionException e) {
                throw new IOException("the thread is ending", e);
            }
        }
        return true;
    }

    private void endOfTurn() {
        awaited = false;
        try {
            if (!writeOut()) {
                blocked = true;
                next.resumeWrites();
            }
        } catch (IOException e) {
            failure = e;
            if (resumed) {
                next.wakeupWrites(); // whoever waits to write is to hear of it
            }
        }
    }

    private boolean writeOut() throws IOException {
        try {
            return batch.writeTo(next);
        } finally {
            if (blocked && batch.isEmpty()) {
                blocked = false;
                if (!resumed) {
                    next.suspendWrites();
                }
            }
        }
    }

    private void check() throws IOException {
        IOException earlier = failure;
        if (earlier != null) {
            throw new IOException("write failed: " + earlier.getMessage(), earlier);
        }
    }

    /** Writes what it holds, as far as the socket takes it: the connection is closed next, maybe without a flush. */
    void leave() {
        if (batch.isEmpty() || Thread.currentThread() != getWriteThread()) {
            return; // the end of the turn finds the connection closed
        }
        try {
            writeOut();
        } catch (IOException e) {
            // it is closed either way
        } finally {
            batch.release();
        }
    }

    @Override
    public boolean flush() throws IOException {
        check();
        return writeOut() && next.flush();
    }

    @Override
    public void terminateWrites() throws IOException {
        if (!writeOut()) {
            throw new IOException("end of writes before the last ones"); // not behind an alert, which is never held
        }
        next.terminateWrites();
    }

    @Override
    public void truncateWrites() throws IOException {
        leave();
        next.truncateWrites();
    }

    @Override
    public void setWriteReadyHandler(WriteReadyHandler handler) {
        next.setWriteReadyHandler(new WriteReadyHandler() {
            @Override
            public void writeReady() {
                if (blocked) {
                    endOfTurn();
                }
                if (resumed) {
                    handler.writeReady();
                }
            }

            @Override
            public void forceTermination() {
                handler.forceTermination();
            }

            @Override
            public void terminated() {
                handler.terminated();
            }
        });
    }

    @Override
    public void resumeWrites() {
        resumed = true;
        next.resumeWrites();
    }

    @Override
    public void wakeupWrites() {
        resumed = true;
        next.wakeupWrites();
    }

    @Override
    public void suspendWrites() {
        resumed = false;
        if (!blocked) {
            next.suspendWrites();
        }
    }

    @Override
    public boolean isWriteResumed() {
        return resumed;
    }

    @Override
    public long write(ByteBuffer[] sources, int offset, int count) throws IOException {
        long total = 0;
        for (int i = offset; i < offset + count; i++) {
            total += write(sources[i]);
            if (sources[i].hasRemaining()) {
                break;
            }
        }
        return total;
    }

    @Override
    public int writeFinal(ByteBuffer source) throws IOException {
        return Conduits.writeFinalBasic(this, source);
    }

    @Override
    public long writeFinal(ByteBuffer[] sources, int offset, int length) throws IOException {
        return Conduits.writeFinalBasic(this, sources, offset, length);
    }

    @Override
    public long transferFrom(FileChannel source, long position, long count) throws IOException {
        return source.transferTo(position, count, new ConduitWritableByteChannel(this));
    }

    @Override
    public long transferFrom(StreamSourceChannel source, long count, ByteBuffer through) throws IOException {
        return Conduits.transfer(source, count, through, this);
    }
}
