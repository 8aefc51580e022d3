package dev.tlsproxy.internal.listen;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.xnio.IoUtils;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.ConduitReadableByteChannel;
import org.xnio.conduits.StreamSourceConduit;

/**
 * Ends an HTTP/2 connection that sends frames which flow control does not count and Undertow keeps in memory until the
 * request body is read: DATA without payload, PRIORITY, empty CONTINUATION (RFC 9113 section 10.5). Frames of use make up
 * for some of them. Used on the connection's I/O thread.
 */
final class EmptyFrameGuard extends AbstractStreamSourceConduit<StreamSourceConduit> {

    private static final int PREFACE_LENGTH = 24;
    private static final int HEADER_LENGTH = 9;

    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int PRIORITY = 2;
    private static final int CONTINUATION = 9;
    private static final int END_STREAM = 1;

    /** Clients that use PRIORITY send one or two with a request, and some in advance. */
    private static final int ALLOWED = 1000;

    private final ByteBuffer header = ByteBuffer.allocate(HEADER_LENGTH);
    private final ByteBuffer first;
    private int skip = PREFACE_LENGTH;
    private int left = ALLOWED;

    /**
     * @param first what was read from the connection already; not consumed
     */
    EmptyFrameGuard(StreamSourceConduit next, ByteBuffer first) {
        super(next);
        this.first = first.duplicate();
    }

    /**
     * Looks at bytes in the order the client sent them.
     *
     * @throws IOException at the first frame too many
     */
    void inspect(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            int skipped = Math.min(skip, bytes.remaining());
            bytes.position(bytes.position() + skipped);
            skip -= skipped;
            if (bytes.hasRemaining()) {
                header.put(bytes.get());
                if (!header.hasRemaining()) {
                    header.clear();
                    frame(header.getInt(0) >>> 8, header.get(3), header.get(4));
                }
            }
        }
    }

    private void frame(int length, byte type, byte flags) throws IOException {
        skip = length;
        switch (type) {
            case DATA -> count(length > 0 ? 1 : (flags & END_STREAM) - 1);
            case HEADERS -> count(2);
            case PRIORITY -> count(-1);
            case CONTINUATION -> count(length > 0 ? 0 : -1);
            default -> {
                // Undertow handles it at once.
            }
        }
    }

    private void count(int more) throws IOException {
        left = Math.min(ALLOWED, left + more);
        if (left < 0) {
            throw new IOException("flood of empty HTTP/2 frames");
        }
    }

    @Override
    public int read(ByteBuffer dst) throws IOException {
        inspect(first);
        int from = dst.position();
        int count = next.read(dst);
        if (count > 0) {
            inspect(dst.duplicate().flip().position(from));
        }
        return count;
    }

    @Override
    public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        for (int i = offset; i < offset + length; i++) {
            if (dsts[i].hasRemaining()) {
                return read(dsts[i]);
            }
        }
        return 0;
    }

    @Override
    public long transferTo(long position, long count, FileChannel target) throws IOException {
        return target.transferFrom(new ConduitReadableByteChannel(this), position, count);
    }

    @Override
    public long transferTo(long count, ByteBuffer throughBuffer, StreamSinkChannel target) throws IOException {
        return IoUtils.transfer(new ConduitReadableByteChannel(this), count, throughBuffer, target);
    }
}
