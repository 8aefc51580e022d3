package dev.tlsproxy.internal.http2;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.XnioIoThread;
import org.xnio.XnioWorker;
import org.xnio.channels.StreamSourceChannel;
import org.xnio.conduits.ConduitWritableByteChannel;
import org.xnio.conduits.Conduits;
import org.xnio.conduits.StreamSinkConduit;
import org.xnio.conduits.WriteReadyHandler;

/**
 * The content of a request, into DATA frames as the upstream's windows have it. Its first octets are kept until the response
 * begins: a request that the upstream has not processed is sent again with them.
 */
final class RequestBody implements StreamSinkConduit {

    /** So many octets of a request are kept: a message of most gRPC calls. */
    static final int KEPT = 16 * 1024;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Http2Exchange exchange;
    private long left; // of the announced length; -1 without one
    private byte[] kept = new byte[0];
    private int keptLength;
    private int keptSent; // of what is kept, on this stream
    private boolean repeatable = true;
    private boolean terminated; // by the writer
    private boolean ended; // on this stream
    private boolean waitsForFlush;
    private boolean resumed;
    private @Nullable WriteReadyHandler handler;

    /**
     * A body that is to come.
     *
     * @param length that the request announces; -1 for none, 0 for a request without a body
     */
    RequestBody(Http2Exchange exchange, long length) {
        this.exchange = exchange;
        this.left = length;
        this.terminated = length == 0;
        this.ended = terminated;
    }

    boolean isEnded() {
        return ended;
    }

    /** Whether all that was written is kept. */
    boolean isRepeatable() {
        return repeatable;
    }

    /** The response has begun: nothing will be sent again. */
    void forget() {
        repeatable = false;
        if (keptSent == keptLength) {
            kept = new byte[0];
        }
    }

    /** Another stream carries it, with its head sent. */
    void restart(boolean endedByHead) {
        keptSent = 0;
        ended = endedByHead;
    }

    /** Sends what of the kept octets is not sent on this stream, and the end; tells the writer that it may go on. */
    void run() {
        WriteReadyHandler writer = handler;
        if (exchange.writeFailure() == null) {
            pump();
        }
        if (!resumed || writer == null) {
            return;
        }
        if (!isReady()) {
            exchange.blocked();
            return;
        }
        if (ended || exchange.writeFailure() != null) {
            resumed = false; // told once
        }
        writer.writeReady();
        if (resumed) {
            resumeWrites();
        }
    }

    private boolean isReady() {
        return exchange.writeFailure() != null
                || (isPumped() && exchange.hasRoom() && (ended || waitsForFlush || exchange.sendable() > 0));
    }

    private boolean isPumped() {
        return keptSent == keptLength && ended == terminated;
    }

    /** True when no more is to be sent before what the writer has next. */
    private boolean pump() {
        if (!exchange.isOnStream()) {
            return isPumped(); // it is over, or waits for another stream
        }
        int count;
        while (keptSent < keptLength && (count = Math.min(exchange.sendable(), keptLength - keptSent)) > 0) {
            exchange.sendData(ByteBuffer.wrap(kept, keptSent, count), count, false);
            keptSent += count;
        }
        if (keptSent == keptLength && terminated && !ended) {
            ended = true;
            ByteBuffer trailers = RequestFields.trailers(exchange.requestTrailers());
            if (trailers != null) {
                exchange.sendTrailers(trailers);
            } else {
                exchange.sendData(NOTHING, 0, true);
            }
        }
        if (!isPumped()) {
            exchange.blocked();
        }
        return isPumped();
    }

    @Override
    public int write(ByteBuffer src) throws IOException {
        requireWritable();
        int offered = src.remaining();
        if (left >= 0 && offered > left) {
            throw new IOException("request body is longer than its Content-Length");
        }
        waitsForFlush = false;
        int count;
        while (pump() && (count = Math.min(exchange.sendable(), src.remaining())) > 0) {
            keep(src, count);
            exchange.sendData(src, count, false);
        }
        int written = offered - src.remaining();
        if (left >= 0) {
            left -= written;
        }
        return written;
    }

    private void requireWritable() throws IOException {
        IOException failure = exchange.writeFailure();
        if (failure != null) {
            throw failure;
        }
        if (terminated) {
            throw new ClosedChannelException();
        }
    }

    private void keep(ByteBuffer src, int count) {
        if (!repeatable) {
            return;
        }
        if (keptLength + count > KEPT) {
            repeatable = false;
            kept = new byte[0];
            keptLength = 0;
            keptSent = 0;
            return;
        }
        if (kept.length < keptLength + count) {
            kept = Arrays.copyOf(kept, Math.max(keptLength + count, Math.min(KEPT, 2 * kept.length)));
        }
        src.get(src.position(), kept, keptLength, count);
        keptLength += count;
        keptSent = keptLength;
    }

    @Override
    public long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        long written = 0;
        for (int i = offset; i < offset + length; i++) {
            written += write(srcs[i]);
            if (srcs[i].hasRemaining()) {
                break;
            }
        }
        return written;
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
        return IoUtils.transfer(source, count, throughBuffer, new ConduitWritableByteChannel(this));
    }

    /** True when all is with the connection, which sends it as soon as the upstream takes it. */
    @Override
    public boolean flush() throws IOException {
        IOException failure = exchange.writeFailure();
        if (failure != null && !ended) {
            throw failure;
        }
        waitsForFlush = !(pump() && exchange.hasRoom());
        return !waitsForFlush;
    }

    @Override
    public void terminateWrites() throws IOException {
        if (terminated) {
            return;
        }
        IOException failure = exchange.writeFailure();
        if (failure != null) {
            throw failure;
        }
        if (left > 0) {
            throw new IOException("request body is shorter than announced");
        }
        terminated = true;
        pump();
    }

    @Override
    public void truncateWrites() {
        if (!ended) {
            exchange.cancel(); // the upstream must not take what it has for a request
        }
    }

    @Override
    public boolean isWriteShutdown() {
        return terminated;
    }

    @Override
    public void resumeWrites() {
        resumed = true;
        if (isReady()) {
            exchange.wake();
        } else {
            exchange.blocked();
        }
    }

    @Override
    public void wakeupWrites() {
        resumeWrites();
    }

    @Override
    public void suspendWrites() {
        resumed = false;
    }

    @Override
    public boolean isWriteResumed() {
        return resumed;
    }

    @Override
    public void awaitWritable() {
        throw new UnsupportedOperationException("await on an I/O thread");
    }

    @Override
    public void awaitWritable(long time, TimeUnit timeUnit) {
        awaitWritable();
    }

    @Override
    public XnioIoThread getWriteThread() {
        return exchange.thread();
    }

    @Override
    public void setWriteReadyHandler(WriteReadyHandler writeReadyHandler) {
        handler = writeReadyHandler;
    }

    @Override
    public XnioWorker getWorker() {
        return exchange.thread().getWorker();
    }
}
