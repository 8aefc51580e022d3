package dev.tlsproxy.internal.http1;

import io.undertow.connector.PooledByteBuffer;
import io.undertow.util.HeaderMap;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.Buffers;
import org.xnio.IoUtils;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.ConduitReadableByteChannel;
import org.xnio.conduits.StreamSourceConduit;

/**
 * The response side of a connection: the body of the response under way, without its framing. Every end that is not the
 * body's own is an exception.
 */
final class ResponseSource extends AbstractStreamSourceConduit<StreamSourceConduit> {

    private final Http1Connection connection;
    private @Nullable PooledByteBuffer unread;
    private @Nullable ResponseFraming framing; // null while no body is under way
    private @Nullable ChunkedDecoder chunks;
    private long left;
    private boolean surplus;
    private boolean reading;

    ResponseSource(StreamSourceConduit next, Http1Connection connection) {
        super(next);
        this.connection = connection;
    }

    /** Begins a body; it ends with the read that gives -1. */
    void begin(ResponseFraming bodyFraming) {
        framing = bodyFraming;
        left = bodyFraming.length();
        chunks = bodyFraming.kind() == ResponseFraming.Kind.CHUNKED ? new ChunkedDecoder() : null;
        surplus = false;
    }

    /** Bytes pass as they are from now on. */
    void pass() {
        framing = null;
        chunks = null;
    }

    /** Puts back what was read too far; it is read again first. Takes the buffer over. */
    void unread(PooledByteBuffer buffer) {
        unread = buffer;
    }

    /** Whether bytes came that belong to no response. */
    boolean hasSurplus() {
        return surplus || unread != null;
    }

    /** Whether a read is under way: it tells of a failure itself. */
    boolean isReading() {
        return reading;
    }

    /** Reads past all framing. */
    int readRaw(ByteBuffer dst) throws IOException {
        PooledByteBuffer first = unread;
        if (first == null) {
            return next.read(dst);
        }
        int copied = Buffers.copy(dst, first.getBuffer());
        if (!first.getBuffer().hasRemaining()) {
            free();
        }
        return copied;
    }

    /** Gives the buffer with bytes that were put back to its pool. */
    void free() {
        PooledByteBuffer first = unread;
        if (first != null) {
            unread = null;
            first.close();
        }
    }

    @Override
    public int read(ByteBuffer dst) throws IOException {
        ResponseFraming body = framing;
        if (body == null) {
            return readRaw(dst);
        }
        if (atEnd(body)) {
            return end();
        }
        if (!dst.hasRemaining()) {
            return 0;
        }
        reading = true;
        try {
            return switch (body.kind()) {
                case LENGTH -> readLength(dst);
                case CHUNKED -> readChunks(dst);
                case UNTIL_CLOSE -> readUntilClose(dst);
            };
        } catch (MalformedResponseException e) {
            connection.fault(e);
            throw e;
        } finally {
            reading = false;
        }
    }

    private boolean atEnd(ResponseFraming body) {
        return switch (body.kind()) {
            case LENGTH -> left == 0;
            case CHUNKED -> chunks != null && chunks.isDone();
            case UNTIL_CLOSE -> false;
        };
    }

    private int readLength(ByteBuffer dst) throws IOException {
        int start = dst.position();
        int read = readRaw(dst);
        if (read < 0) {
            throw new EOFException("upstream response ended before its Content-Length");
        }
        if (read > left) {
            surplus = true;
            read = (int) left;
            dst.position(start + read);
        }
        left -= read;
        return read;
    }

    private int readChunks(ByteBuffer dst) throws IOException {
        ChunkedDecoder decoder = chunks;
        if (decoder == null) {
            throw new IllegalStateException("chunks: null (expected: a decoder)");
        }
        int start = dst.position();
        for (; ; ) {
            int read = readRaw(dst);
            if (read < 0) {
                throw new EOFException("upstream response ended before its last chunk");
            }
            surplus |= decoder.decode(dst, start) > 0;
            if (dst.position() > start) {
                return dst.position() - start;
            }
            if (decoder.isDone()) {
                return end();
            }
            if (read == 0) {
                return 0;
            }
        }
    }

    private int readUntilClose(ByteBuffer dst) throws IOException {
        if (!connection.isOpen()) {
            throw new ClosedChannelException(); // XNIO gives -1 for a connection closed on this side
        }
        int read = readRaw(dst);
        return read < 0 ? end() : read;
    }

    private int end() {
        HeaderMap trailers = chunks == null ? null : chunks.trailers();
        pass();
        connection.responseRead(trailers);
        return -1;
    }

    @Override
    public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        if (framing == null && unread == null) {
            return super.read(dsts, offset, length);
        }
        for (int i = offset; i < offset + length; i++) {
            if (dsts[i].hasRemaining()) {
                return read(dsts[i]);
            }
        }
        return read(ByteBuffer.allocate(0));
    }

    @Override
    public long transferTo(long position, long count, FileChannel target) throws IOException {
        return target.transferFrom(new ConduitReadableByteChannel(this), position, count);
    }

    @Override
    public long transferTo(long count, ByteBuffer throughBuffer, StreamSinkChannel target) throws IOException {
        return IoUtils.transfer(new ConduitReadableByteChannel(this), count, throughBuffer, target);
    }

    /** What was put back, or the end of the body, does not make the socket readable. */
    @Override
    public void resumeReads() {
        if (isReady()) {
            super.wakeupReads();
        } else {
            super.resumeReads();
        }
    }

    @Override
    public void awaitReadable() throws IOException {
        if (!isReady()) {
            super.awaitReadable();
        }
    }

    @Override
    public void awaitReadable(long time, TimeUnit timeUnit) throws IOException {
        if (!isReady()) {
            super.awaitReadable(time, timeUnit);
        }
    }

    private boolean isReady() {
        ResponseFraming body = framing;
        return unread != null || (body != null && atEnd(body));
    }
}
