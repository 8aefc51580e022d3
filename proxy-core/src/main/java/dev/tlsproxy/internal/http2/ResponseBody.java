package dev.tlsproxy.internal.http2;

import dev.tlsproxy.internal.http1.MalformedResponseException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.XnioIoThread;
import org.xnio.XnioWorker;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.conduits.ConduitReadableByteChannel;
import org.xnio.conduits.ReadReadyHandler;
import org.xnio.conduits.StreamSourceConduit;

/**
 * The content of a response, as far as it came and was not read. The upstream may send {@value #WINDOW} octets ahead of the
 * reader and no more: the window opens again by what was read (RFC 9113 section 5.2).
 */
final class ResponseBody implements StreamSourceConduit {

    /** What a reader that has stopped makes the proxy hold. */
    static final int WINDOW = 256 * 1024;

    private final Http2Exchange exchange;
    private final ByteRing unread = new ByteRing();
    private int allowed = WINDOW;
    private int returned; // octets that were read, or padding, of which the upstream was not told yet
    private long expected = -1;
    private boolean bodiless;
    private long received;
    private boolean ended;
    private boolean endRead;
    private boolean resumed;
    private boolean shut;
    private @Nullable ReadReadyHandler handler;

    ResponseBody(Http2Exchange exchange) {
        this.exchange = exchange;
    }

    /** Another stream carries it, on which nothing has come. */
    void restart() {
        allowed = WINDOW;
        returned = 0;
        unread.clear();
    }

    /**
     * The head has come.
     *
     * @param length that it announces; -1 for none
     * @param none whether there is no content, whatever it announces
     */
    void begin(long length, boolean none) {
        expected = length;
        bodiless = none;
    }

    /** Takes octets from the window; false when there are not so many. */
    boolean take(int octets) {
        allowed -= octets;
        return allowed >= 0;
    }

    void receive(ByteBuffer content) throws MalformedResponseException {
        received += content.remaining();
        if (bodiless) {
            throw new MalformedResponseException("content in a response without");
        }
        if (expected >= 0 && received > expected) {
            throw new MalformedResponseException("more content than its Content-Length");
        }
        unread.put(content);
    }

    void end() throws MalformedResponseException {
        if (!bodiless && expected >= 0 && received < expected) {
            throw new MalformedResponseException("less content than its Content-Length");
        }
        ended = true;
    }

    boolean isEnded() {
        return ended;
    }

    /** Gives octets of the window back once they are many. */
    void giveBack(int octets) {
        returned += octets;
        if (returned >= WINDOW / 2 && !ended && exchange.isOnStream()) {
            exchange.openWindow(returned);
            allowed += returned;
            returned = 0;
        }
    }

    /** Nobody reads it any more, unless it is whole. */
    void drop() {
        if (!ended) {
            unread.clear();
        }
    }

    /** Tells the reader that there is something, if it wants to know. */
    void run() {
        ReadReadyHandler reader = handler;
        if (!resumed || reader == null || !isReadable()) {
            return;
        }
        boolean last = unread.size() == 0;
        reader.readReady();
        if (last && isReadable()) {
            resumed = false; // the end, or a failure, is told once
        } else if (resumed && isReadable()) {
            exchange.wake();
        }
    }

    private boolean isReadable() {
        return unread.size() > 0 || (ended && !endRead) || exchange.failure() != null;
    }

    @Override
    public int read(ByteBuffer dst) throws IOException {
        if (unread.size() > 0) {
            int read = unread.get(dst);
            giveBack(read);
            return read;
        }
        if (ended) {
            endRead = true;
            return -1;
        }
        IOException failure = exchange.failure();
        if (failure != null) {
            throw failure;
        }
        return 0;
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

    @Override
    public void terminateReads() {
        shut = true;
        if (!ended) {
            exchange.cancel();
        }
    }

    @Override
    public boolean isReadShutdown() {
        return shut;
    }

    @Override
    public void resumeReads() {
        resumed = true;
        if (isReadable()) {
            exchange.wake();
        }
    }

    @Override
    public void wakeupReads() {
        resumeReads();
    }

    @Override
    public void suspendReads() {
        resumed = false;
    }

    @Override
    public boolean isReadResumed() {
        return resumed;
    }

    @Override
    public void awaitReadable() {
        throw new UnsupportedOperationException("await on an I/O thread");
    }

    @Override
    public void awaitReadable(long time, TimeUnit timeUnit) {
        awaitReadable();
    }

    @Override
    public XnioIoThread getReadThread() {
        return exchange.thread();
    }

    @Override
    public void setReadReadyHandler(ReadReadyHandler readReadyHandler) {
        handler = readReadyHandler;
    }

    @Override
    public XnioWorker getWorker() {
        return exchange.thread().getWorker();
    }
}
