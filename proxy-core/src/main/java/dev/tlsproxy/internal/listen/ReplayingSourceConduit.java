package dev.tlsproxy.internal.listen;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.ConduitReadableByteChannel;
import org.xnio.conduits.ReadReadyHandler;
import org.xnio.conduits.StreamSourceConduit;

/** Gives some bytes first, then what the next conduit has. */
final class ReplayingSourceConduit extends AbstractStreamSourceConduit<StreamSourceConduit> {

    private static final ByteBuffer NONE = ByteBuffer.allocate(0);

    private ByteBuffer pending;
    private boolean ended;
    private boolean staysOpen;
    private boolean released;
    private @Nullable ReadReadyHandler handler;

    ReplayingSourceConduit(StreamSourceConduit next, byte[] first) {
        super(next);
        this.pending = ByteBuffer.wrap(first);
    }

    /** Whether the peer's end of the socket was read; TLS reads by the one method below. */
    boolean ended() {
        return ended;
    }

    /** Who is told of this conduit's events; null where nobody has asked for them. */
    @Nullable
    ReadReadyHandler handler() {
        return handler;
    }

    @Override
    public void setReadReadyHandler(ReadReadyHandler handler) {
        this.handler = handler;
        super.setReadReadyHandler(handler);
    }

    /** From now on what is below is somebody else's to resume and suspend. */
    void release() {
        released = true;
    }

    /** What is below stays open when this is closed. */
    void staysOpen(boolean now) {
        staysOpen = now;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        if (!pending.hasRemaining()) {
            int read = next.read(target);
            ended |= read < 0;
            return read;
        }
        int count = Math.min(pending.remaining(), target.remaining());
        target.put(pending.slice(pending.position(), count));
        pending.position(pending.position() + count);
        if (pending.hasRemaining()) {
            // The selector knows nothing of these bytes: without this a reader that stays resumed is never called
            // again.
            next.wakeupReads();
        } else {
            pending = NONE;
        }
        return count;
    }

    @Override
    public long read(ByteBuffer[] targets, int offset, int length) throws IOException {
        if (!pending.hasRemaining()) {
            return next.read(targets, offset, length);
        }
        for (int i = offset; i < offset + length; i++) {
            if (targets[i].hasRemaining()) {
                return read(targets[i]);
            }
        }
        return 0;
    }

    @Override
    public long transferTo(long position, long count, FileChannel target) throws IOException {
        return pending.hasRemaining()
                ? target.transferFrom(new ConduitReadableByteChannel(this), position, count)
                : next.transferTo(position, count, target);
    }

    @Override
    public long transferTo(long count, ByteBuffer through, StreamSinkChannel target) throws IOException {
        return pending.hasRemaining()
                ? IoUtils.transfer(new ConduitReadableByteChannel(this), count, through, target)
                : next.transferTo(count, through, target);
    }

    @Override
    public void suspendReads() {
        if (!released) {
            next.suspendReads();
        }
    }

    @Override
    public void wakeupReads() {
        if (!released) {
            next.wakeupReads();
        }
    }

    @Override
    public void resumeReads() {
        if (released) {
            return;
        }
        if (pending.hasRemaining()) {
            next.wakeupReads();
        } else {
            next.resumeReads();
        }
    }

    @Override
    public void terminateReads() throws IOException {
        pending = NONE;
        if (!staysOpen) {
            next.terminateReads();
        }
    }

    @Override
    public void awaitReadable() throws IOException {
        if (!pending.hasRemaining()) {
            next.awaitReadable();
        }
    }

    @Override
    public void awaitReadable(long time, TimeUnit unit) throws IOException {
        if (!pending.hasRemaining()) {
            next.awaitReadable(time, unit);
        }
    }
}
