package dev.tlsproxy.internal.tunnel;

import dev.tlsproxy.spi.Tunnel.Side;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.xnio.StreamConnection;
import org.xnio.conduits.ConduitStreamSinkChannel;
import org.xnio.conduits.ConduitStreamSourceChannel;
import org.xnio.ssl.SslConnection;

/** One side's connection: what came from it, what is on its way to it, and which of its directions have ended. */
final class TunnelLeg {

    private final Side side;
    private final StreamConnection connection;
    private final ConduitStreamSourceChannel source;
    private final ConduitStreamSinkChannel sink;
    private @Nullable Queue<ByteBuffer> kept;
    private long keptBytes;
    private long received;
    private long readInTurn;
    private long sent;
    private boolean yielding;
    private boolean ended;
    private boolean ending;
    private boolean shut;
    private boolean done;
    private boolean dirty;
    private boolean broken;
    private boolean closed;

    TunnelLeg(Side side, StreamConnection connection) {
        this.side = side;
        this.connection = connection;
        this.source = connection.getSourceChannel();
        this.sink = connection.getSinkChannel();
    }

    Side side() {
        return side;
    }

    StreamConnection connection() {
        return connection;
    }

    boolean isTls() {
        return connection instanceof SslConnection;
    }

    int read(ByteBuffer target) throws IOException {
        int count = source.read(target);
        received += Math.max(0, count);
        readInTurn += Math.max(0, count);
        return count;
    }

    /** Writes what can be written at once and keeps a copy of the rest. Does nothing once the sending is to end. */
    void send(ByteBuffer bytes) throws IOException {
        if (!ending && bytes.hasRemaining()) {
            dirty = true;
            if (!hasKept()) {
                write(bytes);
            }
            if (bytes.hasRemaining()) {
                keep(bytes);
            }
        }
        bytes.position(bytes.limit());
    }

    /** Goes on with what was kept, with the end, and with what lies in a TLS buffer; waits for the connection otherwise. */
    void advance() throws IOException {
        if (!dirty || done) {
            // Undertow hands over a TLS connection that waits to be writable, as it is at all times
            if (sink.isWriteResumed()) {
                sink.suspendWrites();
            }
            return;
        }
        if (!writeKept() || !flush()) {
            sink.resumeWrites();
            return;
        }
        dirty = false;
        sink.suspendWrites();
        done = shut;
    }

    private boolean writeKept() throws IOException {
        while (kept != null) {
            ByteBuffer first = kept.element();
            int before = first.remaining();
            try {
                write(first);
            } finally {
                keptBytes -= before - first.remaining();
            }
            if (first.hasRemaining()) {
                return false;
            }
            kept.remove();
            if (kept.isEmpty()) {
                kept = null;
            }
        }
        return true;
    }

    private boolean flush() throws IOException {
        if (ending && !shut) {
            shut = true;
            if (connection.supportsOption(SocketEnd.CLOSE_IN_STAGES)) {
                connection.setOption(SocketEnd.CLOSE_IN_STAGES, true);
            }
            sink.shutdownWrites();
        }
        return sink.flush();
    }

    private void write(ByteBuffer bytes) throws IOException {
        int written = 1;
        while (bytes.hasRemaining() && written > 0) {
            written = sink.write(bytes);
            sent += written;
        }
    }

    private void keep(ByteBuffer bytes) {
        if (kept == null) {
            kept = new ArrayDeque<>(2);
        }
        keptBytes += bytes.remaining();
        kept.add(ByteBuffer.allocate(bytes.remaining()).put(bytes).flip());
    }

    boolean hasKept() {
        return kept != null;
    }

    long keptBytes() {
        return keptBytes;
    }

    void end() {
        if (!ending) {
            ending = true;
            dirty = true;
        }
    }

    /** Nothing can be written any more, and nothing needs to. */
    void discard() {
        kept = null;
        keptBytes = 0;
        ending = true;
        shut = true;
        done = true;
        dirty = false;
    }

    /** It was reset; what it sent before that may still be there to read. */
    void broken() {
        discard();
        broken = true;
    }

    boolean isBroken() {
        return broken;
    }

    void sourceEnded() {
        ended = true;
    }

    /** Whether the side has ended its sending. */
    boolean hasEnded() {
        return ended;
    }

    /** Whether the sending to the side is ended, or about to be. */
    boolean isShut() {
        return shut;
    }

    /** Whether the side has everything, the end of the stream included. */
    boolean isDone() {
        return done;
    }

    /** Undertow's TLS closes the connection before it tells of the end that the second direction has come to. */
    void connectionClosed() {
        closed = true;
    }

    /** Whether the connection closed before both of its directions had ended. */
    boolean isLost() {
        return closed && !(ended && shut);
    }

    void yielding(boolean now) {
        yielding = now;
        readInTurn = 0;
    }

    /**
     * Bytes since it yielded. Also across moments without any: Undertow's TLS has such a moment after every record that is
     * not there in full, and goes on from the thread's task queue, which XNIO runs until it is empty.
     */
    long readInTurn() {
        return readInTurn;
    }

    boolean isYielding() {
        return yielding;
    }

    void reads(boolean wanted) {
        if (wanted != source.isReadResumed()) {
            if (wanted) {
                source.resumeReads();
            } else {
                source.suspendReads();
            }
        }
    }

    long received() {
        return received;
    }

    long sent() {
        return sent;
    }
}
