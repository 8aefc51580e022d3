package dev.tlsproxy.internal.http;

import io.undertow.server.protocol.http.HttpAttachments;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.jspecify.annotations.Nullable;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.StreamSourceConduit;

/**
 * The client request's body on its way to the upstream request: counted, limited, its trailers cleaned. Once stopped it
 * fails every read, so that ProxyHandler gives up on the upstream; the client connection stays open for the answer.
 */
final class RequestBody extends AbstractStreamSourceConduit<StreamSourceConduit> {

    /** Chunk extensions and trailers in a row, with the read-ahead of one buffer. */
    private static final int MAX_FRAMING = 64 * 1024;

    private final ExchangeState state;
    private final long declared;
    private final @Nullable ChunkedFraming chunks;
    private @Nullable Refusal stopped;
    private long bytes;
    private long framingFrom;

    /**
     * @param chunks follows the framing of a chunked body; null for any other
     */
    RequestBody(StreamSourceConduit next, ExchangeState state, @Nullable ChunkedFraming chunks) {
        super(next);
        this.state = state;
        this.chunks = chunks;
        this.framingFrom = CountedSource.bytes(state.exchange().getConnection());
        this.declared = state.head().http2() ? FramingRules.contentLength(state.head()) : -1;
    }

    /**
     * Limits the body.
     *
     * @param declared its Content-Length; -1 for none
     * @param max the largest allowed; -1 for no limit
     * @throws Refusal 413 where the declared length says it all
     */
    static void limit(ExchangeState state, long declared, long max) {
        if (max >= 0 && declared > max) {
            throw tooLarge();
        }
        state.bodies().limit(max);
    }

    /** Undertow's own limit prints a stack trace to System.err for a chunked body, so it stays off. */
    private static Refusal tooLarge() {
        return new Refusal(413, "request body is too large");
    }

    long bytes() {
        return bytes;
    }

    /** Fails the next read, and causes one. */
    void stop(Refusal cause) {
        stopped = cause;
        next.wakeupReads();
    }

    @Override
    public int read(ByteBuffer dst) throws IOException {
        requireRunning();
        try {
            return (int) arrived(next.read(dst));
        } catch (IOException e) {
            state.fail(new Refusal(Refusal.CLIENT_LEFT, BodyWatch.CLIENT_LEFT));
            throw e;
        }
    }

    @Override
    public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        requireRunning();
        return arrived(next.read(dsts, offset, length));
    }

    @Override
    public long transferTo(long position, long count, FileChannel target) throws IOException {
        requireRunning();
        return arrived(next.transferTo(position, count, target));
    }

    @Override
    public long transferTo(long count, ByteBuffer throughBuffer, StreamSinkChannel target) throws IOException {
        requireRunning();
        long moved = next.transferTo(count, throughBuffer, target);
        arrived(throughBuffer.remaining());
        return arrived(moved);
    }

    /** ProxyHandler closes the channel of a failed read; passed on, it would take the client connection with it. */
    @Override
    public void terminateReads() throws IOException {
        if (stopped == null) {
            super.terminateReads();
        }
    }

    private void requireRunning() throws IOException {
        if (stopped == null && chunks != null && chunks.isMalformed()) {
            stopped = Refusal.badRequest("malformed chunked body");
        }
        if (stopped != null && !state.bodies().discarding()) {
            state.fail(stopped);
            throw new IOException(stopped.reason());
        }
    }

    private long arrived(long count) throws IOException {
        framing(count);
        if (count > 0) {
            bytes += count;
            if (state.bodies().exceeded(bytes)) {
                stopped = tooLarge();
            }
        } else if (count < 0 && !state.bodies().discarding()) {
            complete();
        }
        requireRunning();
        return count;
    }

    /** Undertow has no limit for what a chunked body has beside its data. */
    private void framing(long count) throws IOException {
        long received = CountedSource.bytes(state.exchange().getConnection());
        if (count > 0) {
            framingFrom = received;
        } else if (count == 0 && received - framingFrom > MAX_FRAMING) {
            framingFrom = received;
            stopped = Refusal.badRequest("chunk extensions or trailers too large");
            if (state.bodies().discarding()) {
                throw new IOException(stopped.reason());
            }
        }
    }

    /** A body that ends early is malformed (RFC 9113 section 8.1.1): passed on, it would leave the upstream waiting. */
    private void complete() {
        boolean wellFormed = HopHeaders.trailers(state.exchange().getAttachment(HttpAttachments.REQUEST_TRAILERS));
        if (!wellFormed) {
            stopped = Refusal.badRequest("invalid trailer field");
        } else if (declared >= 0 && bytes != declared) {
            stopped = Refusal.badRequest("body shorter than its content length");
        } else if (chunks != null && !chunks.isComplete()) {
            stopped = Refusal.badRequest("malformed chunked body");
        }
    }
}
