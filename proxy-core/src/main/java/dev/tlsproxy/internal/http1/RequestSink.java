package dev.tlsproxy.internal.http1;

import io.undertow.util.HeaderMap;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.channels.StreamSourceChannel;
import org.xnio.conduits.AbstractStreamSinkConduit;
import org.xnio.conduits.ConduitWritableByteChannel;
import org.xnio.conduits.Conduits;
import org.xnio.conduits.StreamSinkConduit;

/**
 * The request side of a connection: head and body, by length or in chunks (RFC 9112 sections 6 and 7.1). The head waits for
 * the first bytes of the body or for a flush, to go out with them in one write.
 */
final class RequestSink extends AbstractStreamSinkConduit<StreamSinkConduit> {

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
    private static final byte[] CRLF = {'\r', '\n'};

    private final Http1Connection connection;
    private ByteBuffer before = NOTHING; // framing that goes out before the next byte of the body
    private ByteBuffer after = NOTHING; // framing that ends the chunk under way
    private long left; // of the body, or of the chunk under way
    private boolean chunked;
    private boolean raw = true;
    private boolean terminated;
    private boolean told;
    private Supplier<@Nullable HeaderMap> trailers = () -> null;

    RequestSink(StreamSinkConduit next, Http1Connection connection) {
        super(next);
        this.connection = connection;
    }

    /**
     * Begins a request; nothing goes out yet.
     *
     * @param length of the body; -1 for chunks
     * @param trailersAtEnd asked when the body ends
     */
    void begin(ByteBuffer head, long length, Supplier<@Nullable HeaderMap> trailersAtEnd) {
        before = head;
        after = NOTHING;
        chunked = length < 0;
        left = chunked ? 0 : length;
        raw = false;
        terminated = false;
        told = false;
        trailers = trailersAtEnd;
    }

    /** Bytes pass as they are from now on: there is no request, or the connection is a tunnel. */
    void end() {
        raw = true;
        before = NOTHING;
        after = NOTHING;
        trailers = () -> null;
    }

    /** Whether the request is completely with the operating system. */
    boolean isDone() {
        return raw || told;
    }

    @Override
    public int write(ByteBuffer src) throws IOException {
        return raw ? super.write(src) : (int) body(new ByteBuffer[] {src}, 0, 1);
    }

    @Override
    public long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        return raw ? super.write(srcs, offset, length) : body(srcs, offset, length);
    }

    @Override
    public int writeFinal(ByteBuffer src) throws IOException {
        return raw ? super.writeFinal(src) : Conduits.writeFinalBasic(this, src);
    }

    @Override
    public long writeFinal(ByteBuffer[] srcs, int offset, int length) throws IOException {
        return raw ? super.writeFinal(srcs, offset, length) : Conduits.writeFinalBasic(this, srcs, offset, length);
    }

    @Override
    public long transferFrom(FileChannel src, long position, long count) throws IOException {
        return raw
                ? super.transferFrom(src, position, count)
                : src.transferTo(position, count, new ConduitWritableByteChannel(this));
    }

    @Override
    public long transferFrom(StreamSourceChannel source, long count, ByteBuffer throughBuffer) throws IOException {
        return raw
                ? super.transferFrom(source, count, throughBuffer)
                : IoUtils.transfer(source, count, throughBuffer, new ConduitWritableByteChannel(this));
    }

    private long body(ByteBuffer[] srcs, int offset, int length) throws IOException {
        long offered = remaining(srcs, offset, length);
        if (offered == 0) {
            return 0;
        }
        if (chunked && left == 0) {
            openChunk(offered);
        }
        if (terminated || (!chunked && offered > left)) {
            throw new IOException("request body is longer than its Content-Length");
        }
        send(srcs, offset, length, offered >= left);
        long written = offered - remaining(srcs, offset, length);
        left -= written;
        return written;
    }

    /** One write of framing and body; of the body no more than is left, even where more is offered. */
    private void send(ByteBuffer[] srcs, int offset, int length, boolean whole) throws IOException {
        ByteBuffer[] out = new ByteBuffer[length + 2];
        out[0] = before;
        int count = 1;
        long room = left;
        int limit = -1;
        for (int i = offset; i < offset + length && room > 0; i++) {
            ByteBuffer src = srcs[i];
            if (src.remaining() > room) {
                limit = src.limit();
                src.limit(src.position() + (int) room);
            }
            out[count++] = src;
            room -= src.remaining();
        }
        ByteBuffer lastBody = out[count - 1];
        if (whole) {
            out[count++] = after;
        }
        try {
            next.write(out, 0, count);
        } finally {
            if (limit >= 0) {
                lastBody.limit(limit);
            }
        }
    }

    private void openChunk(long size) {
        byte[] line = (Long.toHexString(size) + "\r\n").getBytes(StandardCharsets.US_ASCII);
        before = joined(ByteBuffer.wrap(line));
        after = ByteBuffer.wrap(CRLF).slice();
        left = size;
    }

    /** What of earlier framing did not go out yet, and some more behind it. */
    private ByteBuffer joined(ByteBuffer more) {
        if (!before.hasRemaining() && !after.hasRemaining()) {
            return more;
        }
        ByteBuffer joined = ByteBuffer.allocate(before.remaining() + after.remaining() + more.remaining());
        return joined.put(before).put(after).put(more).flip();
    }

    @Override
    public boolean flush() throws IOException {
        if (raw) {
            return super.flush();
        }
        if (!framingWritten()) {
            return false;
        }
        if (!next.flush()) {
            return false;
        }
        if (terminated && !told) {
            told = true;
            connection.requestSent();
        }
        return true;
    }

    private boolean framingWritten() throws IOException {
        while (before.hasRemaining()) {
            if (next.write(before) == 0) {
                return false;
            }
        }
        while (left == 0 && after.hasRemaining()) {
            if (next.write(after) == 0) {
                return false;
            }
        }
        return true;
    }

    /** The end of the body. The connection stays open: it is needed for the response. */
    @Override
    public void terminateWrites() throws IOException {
        if (raw) {
            super.terminateWrites();
            return;
        }
        if (terminated) {
            return;
        }
        if (left > 0) {
            throw new IOException("request body is shorter than announced");
        }
        if (chunked) {
            before = joined(RequestHeadWriter.lastChunk(trailers.get()));
            after = NOTHING;
        }
        terminated = true;
    }

    @Override
    public void truncateWrites() throws IOException {
        if (raw) {
            super.truncateWrites();
        } else if (!told) {
            connection.close(); // the upstream must not take what it has for a request
        }
    }

    @Override
    public boolean isWriteShutdown() {
        return raw ? super.isWriteShutdown() : terminated || super.isWriteShutdown();
    }

    /**
     * Keeps on while the head has not gone out: Transfer suspends writes as long as the client has sent no body, and would
     * never come back for the head.
     */
    @Override
    public void suspendWrites() {
        if (raw || !before.hasRemaining()) {
            super.suspendWrites();
            return;
        }
        try {
            if (framingWritten()) {
                super.suspendWrites();
            }
        } catch (IOException e) {
            super.suspendWrites(); // the next write fails too, and what becomes of the exchange is decided there
        }
    }

    private static long remaining(ByteBuffer[] buffers, int offset, int length) {
        long sum = 0;
        for (int i = offset; i < offset + length; i++) {
            sum += buffers[i].remaining();
        }
        return sum;
    }
}
