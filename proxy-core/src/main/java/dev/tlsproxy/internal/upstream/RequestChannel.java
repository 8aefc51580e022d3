package dev.tlsproxy.internal.upstream;

import io.undertow.channels.DetachableStreamSinkChannel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.channels.StreamSourceChannel;

/**
 * The body of an upstream request. When the upstream stops taking it, the rest is thrown away and the response decides: an
 * upstream may answer 413 and close before it has read all.
 */
final class RequestChannel extends DetachableStreamSinkChannel {

    private final UpstreamConnection connection;
    private final boolean body;
    private boolean refused;
    private boolean complete;

    RequestChannel(StreamSinkChannel sink, UpstreamConnection connection, boolean body) {
        super(sink);
        this.connection = connection;
        this.body = body;
    }

    /** A request without a body is sent by the connection itself, and may be sent again. */
    @Override
    protected boolean isFinished() {
        return !body || complete;
    }

    @Override
    public int write(ByteBuffer src) throws IOException {
        return (int) progress(() -> super.write(src), () -> skip(src));
    }

    @Override
    public long write(ByteBuffer[] srcs) throws IOException {
        return write(srcs, 0, srcs.length);
    }

    @Override
    public long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        return progress(() -> super.write(srcs, offset, length), () -> skip(srcs, offset, length));
    }

    @Override
    public int writeFinal(ByteBuffer src) throws IOException {
        int written = write(src);
        if (!src.hasRemaining()) {
            shutdownWrites();
        }
        return written;
    }

    @Override
    public long writeFinal(ByteBuffer[] srcs) throws IOException {
        return writeFinal(srcs, 0, srcs.length);
    }

    @Override
    public long writeFinal(ByteBuffer[] srcs, int offset, int length) throws IOException {
        long written = write(srcs, offset, length);
        boolean all = true;
        for (int i = offset; i < offset + length; i++) {
            all &= !srcs[i].hasRemaining();
        }
        if (all) {
            shutdownWrites();
        }
        return written;
    }

    @Override
    public long transferFrom(FileChannel src, long position, long count) throws IOException {
        return count(super.transferFrom(src, position, count));
    }

    @Override
    public long transferFrom(StreamSourceChannel source, long count, ByteBuffer throughBuffer) throws IOException {
        return count(super.transferFrom(source, count, throughBuffer));
    }

    @Override
    public void shutdownWrites() throws IOException {
        if (refused) {
            return;
        }
        try {
            super.shutdownWrites();
        } catch (IOException e) {
            connection.close(); // the body was shorter than its length: the upstream must not take it for complete
            throw e;
        }
    }

    @Override
    public boolean flush() throws IOException {
        if (refused || isFinished()) {
            return true;
        }
        boolean flushed;
        try {
            flushed = super.flush();
        } catch (IOException e) {
            refused = true;
            return true;
        }
        if (flushed && !delegate.isOpen()) {
            complete = true;
            connection.requestSent();
        }
        return flushed;
    }

    private long progress(Write write, Write skip) throws IOException {
        if (refused) {
            return skip.write();
        }
        try {
            return count(write.write());
        } catch (IOException e) {
            refused = true;
            return skip.write();
        }
    }

    private long count(long written) {
        if (written > 0) {
            connection.requestProgress();
        }
        return written;
    }

    private static long skip(ByteBuffer... buffers) {
        return skip(buffers, 0, buffers.length);
    }

    private static long skip(ByteBuffer[] buffers, int offset, int length) {
        long skipped = 0;
        for (int i = offset; i < offset + length; i++) {
            skipped += buffers[i].remaining();
            buffers[i].position(buffers[i].limit());
        }
        return skipped;
    }

    @FunctionalInterface
    private interface Write {
        long write() throws IOException;
    }
}
