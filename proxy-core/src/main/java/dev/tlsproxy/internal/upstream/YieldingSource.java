package dev.tlsproxy.internal.upstream;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.jspecify.annotations.Nullable;
import org.xnio.XnioExecutor;
import org.xnio.XnioIoThread;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.StreamSourceConduit;

/**
 * Says "nothing to read" after every {@value #TURN} bytes. Undertow's Transfer loops for as long as both sides are ready:
 * one fast transfer would keep its I/O thread from all other connections.
 */
final class YieldingSource extends AbstractStreamSourceConduit<StreamSourceConduit> {

    private static final int TURN = 256 * 1024;

    private final XnioIoThread thread;
    private long bytes;
    private XnioExecutor.@Nullable Key wakeup;

    YieldingSource(StreamSourceConduit next, XnioIoThread thread) {
        super(next);
        this.thread = thread;
    }

    @Override
    public int read(ByteBuffer dst) throws IOException {
        return mustYield() ? 0 : (int) count(super.read(dst));
    }

    @Override
    public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        return mustYield() ? 0 : count(super.read(dsts, offset, length));
    }

    @Override
    public long transferTo(long position, long count, FileChannel target) throws IOException {
        return mustYield() ? 0 : count(super.transferTo(position, count, target));
    }

    @Override
    public long transferTo(long count, ByteBuffer throughBuffer, StreamSinkChannel target) throws IOException {
        return mustYield() ? 0 : count(super.transferTo(count, throughBuffer, target));
    }

    private long count(long read) {
        bytes = read > 0 ? bytes + read : 0;
        return read;
    }

    private boolean mustYield() {
        if (wakeup != null) {
            wakeup.remove();
            wakeup = null;
        }
        if (bytes < TURN) {
            return false;
        }
        bytes = 0;
        // A readable socket comes again by itself with the next select. The timer is for bytes buffered above the
        // socket.
        // Not wakeupReads at once: XNIO runs its task queue until it is empty before it selects, so nobody else got a
        // turn.
        wakeup = Timers.after(thread, 1, this::wakeIfResumed);
        return true;
    }

    private void wakeIfResumed() {
        wakeup = null;
        if (next.isReadResumed()) {
            next.wakeupReads();
        }
    }
}
