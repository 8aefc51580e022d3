package dev.tlsproxy.internal.listen;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.xnio.channels.StreamSourceChannel;
import org.xnio.conduits.AbstractStreamSinkConduit;
import org.xnio.conduits.ConduitWritableByteChannel;
import org.xnio.conduits.Conduits;
import org.xnio.conduits.StreamSinkConduit;

/**
 * Puts the first GOAWAY of a graceful end (RFC 9113 section 6.8: last stream 2^31-1, NO_ERROR) between two frames of an
 * HTTP/2 connection. Undertow's own GOAWAY closes the connection under the streams that are open. Tells the
 * {@link FrameBudget} what was sent, and knows which responses were sent whole. Used on the connection's I/O thread.
 */
final class GoAwayConduit extends AbstractStreamSinkConduit<StreamSinkConduit> {

    private static final int HEADER_LENGTH = 9;
    private static final byte[] ANNOUNCEMENT = {
        0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7F, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0, 0, 0, 0
    };

    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int END_STREAM = 1;

    /** As many as there may be streams at once. */
    private static final int REMEMBERED = 100;

    private final FrameBudget budget;
    private final int[] ended = new int[REMEMBERED];
    private int endedCount;
    private final ByteBuffer header = ByteBuffer.allocate(HEADER_LENGTH);
    private final ByteBuffer announcement =
            ByteBuffer.wrap(ANNOUNCEMENT).asReadOnlyBuffer().limit(0);
    private int skip;
    private boolean begun;

    GoAwayConduit(StreamSinkConduit next, FrameBudget budget) {
        super(next);
        this.budget = budget;
    }

    /**
     * Sends it as soon as no frame is half written.
     *
     * @return false where nothing was sent yet: SETTINGS has to be the first frame
     */
    boolean announce() throws IOException {
        if (begun) {
            announcement.limit(announcement.capacity());
            if (announced()) {
                next.flush();
            }
        }
        return begun;
    }

    /** False while it, or a part of it, has to be written before anything else. */
    private boolean announced() throws IOException {
        if (announcement.hasRemaining() && atBorder()) {
            next.write(announcement);
        }
        return !announcement.hasRemaining() || !atBorder();
    }

    private boolean atBorder() {
        return skip == 0 && header.position() == 0;
    }

    /** Follows the frames that are written. */
    void written(ByteBuffer bytes) {
        begun |= bytes.hasRemaining();
        while (bytes.hasRemaining()) {
            int skipped = Math.min(skip, bytes.remaining());
            bytes.position(bytes.position() + skipped);
            skip -= skipped;
            if (bytes.hasRemaining()) {
                header.put(bytes.get());
                if (!header.hasRemaining()) {
                    header.clear();
                    skip = header.getInt(0) >>> 8;
                    budget.sent(header.get(3));
                    remember(header.get(3), header.get(4), header.getInt(5));
                }
            }
        }
    }

    private void remember(int type, int flags, int stream) {
        if ((type == DATA || type == HEADERS) && (flags & END_STREAM) != 0) {
            ended[endedCount++ % REMEMBERED] = stream;
        }
    }

    /** Whether the end of a stream's response was written, for the streams whose end is not long ago. */
    boolean hasEnded(int stream) {
        for (int one : ended) {
            if (one == stream) {
                return true;
            }
        }
        return false;
    }

    @Override
    public int write(ByteBuffer src) throws IOException {
        if (!announced()) {
            return 0;
        }
        ByteBuffer seen = src.duplicate();
        int count = next.write(src);
        written(seen.limit(src.position()));
        return count;
    }

    @Override
    public long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        if (!announced()) {
            return 0;
        }
        ByteBuffer[] seen = new ByteBuffer[length];
        for (int i = 0; i < length; i++) {
            seen[i] = srcs[offset + i].duplicate();
        }
        long count = next.write(srcs, offset, length);
        for (int i = 0; i < length; i++) {
            written(seen[i].limit(srcs[offset + i].position()));
        }
        return count;
    }

    @Override
    public int writeFinal(ByteBuffer src) throws IOException {
        return Conduits.writeFinalBasic(this, src);
    }

    @Override
    public long writeFinal(ByteBuffer[] srcs, int offset, int length) throws IOException {
        return Conduits.writeFinalBasic(this, srcs, offset, length);
    }

    @Override
    public long transferFrom(FileChannel src, long position, long count) throws IOException {
        return src.transferTo(position, count, new ConduitWritableByteChannel(this));
    }

    @Override
    public long transferFrom(StreamSourceChannel source, long count, ByteBuffer throughBuffer) throws IOException {
        return Conduits.transfer(source, count, throughBuffer, this);
    }
}
