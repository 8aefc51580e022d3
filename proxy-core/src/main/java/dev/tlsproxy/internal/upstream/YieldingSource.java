package dev.tlsproxy.internal.upstream;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.xnio.StreamConnection;
import org.xnio.XnioIoThread;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.ConduitStreamSourceChannel;
import org.xnio.conduits.StreamSourceConduit;

/**
 * Has nothing to read for a millisecond after every {@value #TURN} bytes. Undertow's Transfer loops for as long as both
 * sides are ready: one fast transfer would keep its I/O thread from all other connections.
 */
final class YieldingSource extends AbstractStreamSourceConduit<StreamSourceConduit> {

    private static final int TURN = 1024 * 1024;

    private final XnioIoThread thread;
    private long bytes;
    private boolean unlimited;
    private boolean yielding;
    private boolean resumed; // as whoever reads wants it; holds while yielding

    YieldingSource(StreamSourceConduit next, XnioIoThread thread) {
        super(next);
        this.thread = thread;
    }

    /** Puts one into a connection, above what is there. */
    static YieldingSource under(StreamConnection connection) {
        ConduitStreamSourceChannel source = connection.getSourceChannel();
        YieldingSource yielding = new YieldingSource(source.getConduit(), connection.getIoThread());
        source.setConduit(yielding);
        return yielding;
    }

    /** For a reader that yields itself. */
    void unlimited() {
        unlimited = true;
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

    /** A dry source does not begin a new turn: Undertow's TLS says so after every record that is not there in full. */
    private long count(long read) {
        bytes += Math.max(read, 0);
        return read;
    }

    private boolean mustYield() {
        if (!yielding && bytes >= TURN && !unlimited) {
            bytes = 0;
            yielding = true;
            resumed = next.isReadResumed();
            // Undertow's TLS calls a reader again from the thread's task queue, once for each read before, and XNIO
            // runs
            // that queue until it is empty before it looks at other connections. So a timer, and neither a task nor a
            // second thread, which is back before the queue is empty.
            next.suspendReads();
            Timers.after(thread, 1, this::goOn);
        }
        return yielding;
    }

    private void goOn() {
        yielding = false;
        if (resumed) {
            next.wakeupReads(); // there may be bytes above the socket, which does not become readable for them
        }
    }

    @Override
    public void suspendReads() {
        resumed = false;
        super.suspendReads();
    }

    @Override
    public void resumeReads() {
        resumed = true;
        if (!yielding) {
            super.resumeReads();
        }
    }

    @Override
    public void wakeupReads() {
        resumed = true;
        if (!yielding) {
            super.wakeupReads();
        }
    }

    @Override
    public boolean isReadResumed() {
        return yielding ? resumed : super.isReadResumed();
    }
}
