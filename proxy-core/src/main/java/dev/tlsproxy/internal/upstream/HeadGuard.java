package dev.tlsproxy.internal.upstream;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.StreamSourceConduit;

/**
 * Counts what an upstream sends beside the data of a body: Undertow's client puts no limit on a head, on chunk extensions
 * and on trailers, and does not tell whether a connection that ended had sent a part of a head.
 */
final class HeadGuard extends AbstractStreamSourceConduit<StreamSourceConduit> {

    private static final long MAX_BESIDE_BODY = 256 * 1024;

    private final BooleanSupplier truncated;
    private boolean switched;
    private boolean limited;
    private boolean ended;
    private long bytes;

    HeadGuard(StreamSourceConduit next, BooleanSupplier truncated) {
        super(next);
        this.truncated = truncated;
    }

    void requestSent() {
        limited = true;
        bytes = 0;
    }

    /** The head is complete, or some of the body's data has come. */
    void progress() {
        bytes = 0;
    }

    /** What comes from now on is no HTTP; a stream that was cut off then fails, rather than ends. */
    void switched() {
        limited = false;
        switched = true;
    }

    boolean sawResponseByte() {
        return bytes > 0;
    }

    /** Whether the upstream or the network ended the connection, rather than this side. */
    boolean sawEnd() {
        return ended;
    }

    @Override
    public int read(ByteBuffer dst) throws IOException {
        return (int) count(() -> super.read(dst));
    }

    @Override
    public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        return count(() -> super.read(dsts, offset, length));
    }

    @Override
    public long transferTo(long count, ByteBuffer throughBuffer, StreamSinkChannel target) throws IOException {
        return count(() -> super.transferTo(count, throughBuffer, target));
    }

    private long count(Read operation) throws IOException {
        long read;
        try {
            read = operation.read();
        } catch (IOException e) {
            ended = true;
            throw e;
        }
        if (read < 0) {
            ended = true;
            if (switched && truncated.getAsBoolean()) {
                throw new EOFException("upstream ended without close_notify");
            }
        } else if (limited) {
            bytes += read;
            if (bytes > MAX_BESIDE_BODY) {
                throw new IOException("response head or trailers of upstream: more than " + MAX_BESIDE_BODY + " bytes");
            }
        }
        return read;
    }

    @FunctionalInterface
    private interface Read {
        long read() throws IOException;
    }
}
