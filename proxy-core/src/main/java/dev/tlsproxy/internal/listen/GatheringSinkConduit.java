package dev.tlsproxy.internal.listen;

import io.undertow.connector.ByteBufferPool;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
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

    /** From here on a write is worth a record of its own, and a copy costs more than it saves. */
    private static final int LARGE = 8 * 1024;

    private final ByteBufferPool pool;
    private final Runnable endOfTurn = this::endOfTurn;
    private final HeldBytes gathered = new HeldBytes();
    private Consumer<IOException> onFailure = failure -> {};
    private boolean awaited;
    private boolean blocked;
    private boolean through;
    private boolean ending;
    private boolean ended;

    /**
     * A conduit that holds nothing.
     *
     * @param pool of buffers that each make one TLS record
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
            gathered.writeTo(next);
        } catch (IOException e) {
            // it is closed either way
        } finally {
            gathered.release();
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
        begin();
        gathered.add(source);
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
        begin();
        for (int i = offset; i < offset + count; i++) {
            gathered.add(sources[i]);
        }
        return length;
    }

    /** Makes room where there is too little; false where the socket takes no more. */
    private boolean hasRoom(long length) throws IOException {
        if (ending) {
            throw new ClosedChannelException();
        }
        boolean fits = gathered.isEmpty() || length <= gathered.room();
        return (fits && !through && !blocked && length <= LARGE) || gathered.writeTo(next);
    }

    private void begin() throws IOException {
        if (gathered.isEmpty()) {
            gathered.begin(pool.allocate());
        }
        if (!awaited) {
            awaited = true;
            try {
                getWriteThread().execute(endOfTurn);
            } catch (RejectedExecutionException e) {
                throw new IOException("the thread is ending", e);
            }
        }
    }

    private void endOfTurn() {
        awaited = false;
        if (gathered.isEmpty()) {
            return;
        }
        try {
            if (!gathered.writeTo(next) || !next.flush()) {
                blocked = true;
                next.resumeWrites();
            }
        } catch (IOException e) {
            onFailure.accept(e);
        }
    }

    /** True as well where the end of the turn will do it. */
    @Override
    public boolean flush() throws IOException {
        if (!gathered.isEmpty() && !blocked && !through && !ending) {
            return true;
        }
        if (!gathered.writeTo(next)) {
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
