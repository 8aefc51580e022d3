package dev.tlsproxy.internal.listen;

import io.undertow.connector.ByteBufferPool;
import io.undertow.connector.PooledByteBuffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.xnio.Buffers;
import org.xnio.channels.StreamSourceChannel;
import org.xnio.conduits.AbstractStreamSinkConduit;
import org.xnio.conduits.ConduitWritableByteChannel;
import org.xnio.conduits.Conduits;
import org.xnio.conduits.StreamSinkConduit;

/**
 * Gathers what is written to an HTTP/2 connection within one turn of its I/O thread, so that the small responses of many
 * streams leave as one TLS record by one write. Nothing waits longer than the turn, and at most a record's worth is held.
 * Used on the connection's I/O thread.
 */
final class GatheringSinkConduit extends AbstractStreamSinkConduit<StreamSinkConduit> {

    /** The plaintext of a TLS record (RFC 8446 section 5.1). */
    static final int CAPACITY = 16 * 1024;

    /** From here on a write is worth a record of its own, and a copy costs more than it saves. */
    private static final int LARGE = 8 * 1024;

    private final ByteBufferPool pool;
    private final Runnable endOfTurn = this::endOfTurn;
    private Consumer<IOException> onFailure = failure -> {};
    private @Nullable PooledByteBuffer gathered;
    private boolean awaited;
    private boolean blocked;
    private boolean through;
    private boolean ending;
    private boolean ended;

    /**
     * A conduit that holds nothing.
     *
     * @param pool of buffers of {@link #CAPACITY} at least
     */
    GatheringSinkConduit(StreamSinkConduit next, ByteBufferPool pool) {
        super(next);
        this.pool = pool;
    }

    /** Who is told where a write fails that was taken before. */
    void watch(Consumer<IOException> failure) {
        onFailure = failure;
    }

    /**
     * From now on nothing is held: who ends the connection has to know of each frame whether it has left, and not only
     * that it was taken.
     */
    void writeThrough() {
        through = true;
    }

    /** Writes what it holds, as far as the socket takes it: the connection is closed next, without another write. */
    void leave() {
        if (Thread.currentThread() != getWriteThread()) {
            return; // the end of the turn finds it closed
        }
        try {
            writeOut();
        } catch (IOException e) {
            // it is closed either way
        } finally {
            release();
        }
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        int length = source.remaining();
        if (!hasRoom(length)) {
            return 0;
        }
        if (through || length > LARGE) {
            return next.write(source);
        }
        buffer().put(source);
        return length;
    }

    @Override
    public long write(ByteBuffer[] sources, int offset, int count) throws IOException {
        long length = Buffers.remaining(sources, offset, count);
        if (!hasRoom(length)) {
            return 0;
        }
        if (through || length > LARGE) {
            return next.write(sources, offset, count);
        }
        ByteBuffer buffer = buffer();
        for (int i = offset; i < offset + count; i++) {
            buffer.put(sources[i]);
        }
        return length;
    }

    /** Makes room where there is too little; false where the socket takes no more. */
    private boolean hasRoom(long length) throws IOException {
        if (ending) {
            throw new ClosedChannelException();
        }
        boolean fits =
                gathered == null || length <= CAPACITY - gathered.getBuffer().position();
        return (fits && !through && !blocked && length <= LARGE) || writeOut();
    }

    private ByteBuffer buffer() throws IOException {
        PooledByteBuffer pooled = gathered;
        if (pooled == null) {
            pooled = pool.allocate();
            gathered = pooled;
        }
        if (!awaited) {
            awaited = true;
            try {
                getWriteThread().execute(endOfTurn);
            } catch (RejectedExecutionException e) {
                throw new IOException("the thread is ending", e);
            }
        }
        return pooled.getBuffer();
    }

    private void endOfTurn() {
        awaited = false;
        if (gathered == null) {
            return;
        }
        try {
            if (!writeOut() || !next.flush()) {
                blocked = true;
                next.resumeWrites();
            }
        } catch (IOException e) {
            onFailure.accept(e);
        }
    }

    private boolean writeOut() throws IOException {
        if (gathered == null) {
            return true;
        }
        ByteBuffer bytes = gathered.getBuffer().flip();
        try {
            int count;
            do {
                count = next.write(bytes);
            } while (count > 0 && bytes.hasRemaining());
        } catch (IOException e) {
            release();
            throw e;
        }
        if (bytes.hasRemaining()) {
            bytes.compact();
            return false;
        }
        release();
        return true;
    }

    private void release() {
        PooledByteBuffer pooled = gathered;
        gathered = null;
        if (pooled != null) {
            pooled.close();
        }
    }

    /** True as well where the end of the turn will do it. */
    @Override
    public boolean flush() throws IOException {
        if (gathered != null && !blocked && !through && !ending) {
            return true;
        }
        if (!writeOut()) {
            return false;
        }
        if (ending && !ended) {
            ended = true;
            next.terminateWrites();
        }
        boolean flushed = next.flush();
        blocked &= !flushed;
        return flushed;
    }

    @Override
    public void suspendWrites() {
        if (!blocked) {
            next.suspendWrites();
        }
    }

    /** The end comes behind what is held: see {@link #flush}. */
    @Override
    public void terminateWrites() {
        ending = true;
    }

    @Override
    public void truncateWrites() throws IOException {
        leave();
        next.truncateWrites();
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
