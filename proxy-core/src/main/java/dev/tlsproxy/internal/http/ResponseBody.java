package dev.tlsproxy.internal.http;

import io.undertow.server.protocol.http.HttpAttachments;
import io.undertow.util.Headers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.xnio.channels.StreamSourceChannel;
import org.xnio.conduits.AbstractStreamSinkConduit;
import org.xnio.conduits.StreamSinkConduit;

/** The client response's body: counted, its trailers cleaned. */
final class ResponseBody extends AbstractStreamSinkConduit<StreamSinkConduit> {

    private final ExchangeState state;
    private long bytes;
    private boolean blocked;
    private boolean ended;

    ResponseBody(StreamSinkConduit next, ExchangeState state) {
        super(next);
        this.state = state;
    }

    long bytes() {
        return bytes;
    }

    /** Whether the client did not take the last write. */
    boolean blocked() {
        return blocked;
    }

    /** Whether the response was ended in order, with as many bytes as it said. */
    boolean complete() {
        String declared = state.exchange().getResponseHeaders().getFirst(Headers.CONTENT_LENGTH);
        return ended
                && (declared == null
                        || bytes == Long.parseLong(declared)
                        || state.head().method().equals("HEAD"));
    }

    /** Whether an HTTP/2 client has reset the stream, which Undertow tells at the next write only. */
    boolean reset() {
        if (ended || !state.head().http2()) {
            return false;
        }
        try {
            next.flush();
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    /**
     * Drops what an HTTP/2 client has not taken: Undertow leaves a stream that it has reset open while it holds data for
     * which the client's window is too small, and the exchange would never end.
     */
    void drop() {
        try {
            next.truncateWrites();
        } catch (IOException e) {
            // The stream is closed already.
        }
    }

    @Override
    public int write(ByteBuffer src) throws IOException {
        return (int) left(src.remaining(), next.write(src));
    }

    @Override
    public long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        return left(1, next.write(srcs, offset, length));
    }

    @Override
    public int writeFinal(ByteBuffer src) throws IOException {
        int wanted = src.remaining();
        cleanTrailers();
        int written = (int) left(wanted, next.writeFinal(src));
        ended |= written == wanted;
        return written;
    }

    @Override
    public long writeFinal(ByteBuffer[] srcs, int offset, int length) throws IOException {
        cleanTrailers();
        long written = left(1, next.writeFinal(srcs, offset, length));
        boolean all = true;
        for (int i = offset; i < offset + length; i++) {
            all &= !srcs[i].hasRemaining();
        }
        ended |= all;
        return written;
    }

    @Override
    public long transferFrom(FileChannel src, long position, long count) throws IOException {
        return left(count, next.transferFrom(src, position, count));
    }

    @Override
    public long transferFrom(StreamSourceChannel source, long count, ByteBuffer throughBuffer) throws IOException {
        long moved = next.transferFrom(source, count, throughBuffer);
        return moved < 0 ? moved : left(throughBuffer.remaining(), moved);
    }

    @Override
    public void terminateWrites() throws IOException {
        cleanTrailers();
        // Undertow tells of the end of the exchange from within this call, so this has to be known before. It also ends
        // a
        // response that was cut by closing its connection.
        ended = state.exchange().getConnection().isOpen();
        try {
            next.terminateWrites();
        } catch (IOException e) {
            ended = false;
            throw e;
        }
    }

    private long left(long wanted, long count) {
        bytes += Math.max(0, count);
        blocked = wanted > 0 && count == 0;
        return count;
    }

    private void cleanTrailers() {
        HopHeaders.trailers(state.exchange().getAttachment(HttpAttachments.RESPONSE_TRAILERS));
    }
}
