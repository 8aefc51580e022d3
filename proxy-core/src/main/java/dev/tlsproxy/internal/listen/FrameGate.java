package dev.tlsproxy.internal.listen;

import io.undertow.connector.ByteBufferPool;
import io.undertow.connector.PooledByteBuffer;
import io.undertow.protocols.http2.ConnectionErrorException;
import io.undertow.protocols.http2.Http2Channel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.ConduitReadableByteChannel;
import org.xnio.conduits.StreamSourceConduit;

/**
 * Follows the frames of an HTTP/2 client before Undertow reads them: each goes on the {@link FrameBudget}, and a head in
 * several frames is held until it is whole and handed on as one. Undertow takes a head for whole where its CONTINUATION
 * comes by a later read, and then waits for ever for the rest. Used on the connection's I/O thread.
 */
final class FrameGate extends AbstractStreamSourceConduit<StreamSourceConduit> {

    static final int HEADER_LENGTH = 9;

    private static final int PREFACE_LENGTH = 24;
    private static final ByteBuffer NONE = ByteBuffer.allocate(0);

    private final ByteBufferPool pool;
    private final FrameBudget budget;
    private final ByteBuffer header = ByteBuffer.allocate(HEADER_LENGTH);
    private int payloadLeft = PREFACE_LENGTH;
    private boolean inHead;
    private @Nullable HeadBlock block;
    private ByteBuffer ready = NONE;
    private @Nullable IOException fault;
    private boolean headAwaited;
    private Runnable onHeadAwaited = () -> {};
    private Runnable onHeadWhole = () -> {};

    /**
     * A gate.
     *
     * @param first what was read from the connection already
     */
    FrameGate(StreamSourceConduit next, ByteBufferPool pool, FrameBudget budget, byte[] first) {
        super(next);
        this.pool = pool;
        this.budget = budget;
        follow(ByteBuffer.wrap(first));
    }

    /** Who is told when a read ends within a head, and when that head is whole. */
    void watch(Runnable awaited, Runnable whole) {
        onHeadAwaited = awaited;
        onHeadWhole = whole;
        tell();
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        while (!ready.hasRemaining()) {
            int count = fill(target.remaining());
            if (count <= 0) {
                return count;
            }
        }
        int count = Math.min(ready.remaining(), target.remaining());
        target.put(ready.slice(ready.position(), count));
        ready.position(ready.position() + count);
        if (!ready.hasRemaining()) {
            ready = NONE;
        }
        if (isBehind()) {
            // The selector knows nothing of these bytes.
            next.wakeupReads();
        }
        return count;
    }

    private int fill(int atMost) throws IOException {
        if (fault != null) {
            throw fault;
        }
        try (PooledByteBuffer pooled = pool.allocate()) {
            ByteBuffer buffer = pooled.getBuffer();
            buffer.limit(Math.min(buffer.capacity(), atMost));
            int count = next.read(buffer);
            if (count > 0) {
                follow(buffer.flip());
                tell();
            }
            return count;
        }
    }

    /** What came before a fault goes on before it. */
    private void follow(ByteBuffer bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.remaining());
        try {
            follow(bytes, out);
        } catch (ConnectionErrorException e) {
            fault = e;
            block = null;
            inHead = false;
        }
        ready = out.size() == 0 ? NONE : ByteBuffer.wrap(out.toByteArray());
    }

    private void tell() {
        boolean awaited = inHead || block != null;
        if (awaited != headAwaited) {
            headAwaited = awaited;
            (awaited ? onHeadAwaited : onHeadWhole).run();
        }
    }

    private void follow(ByteBuffer bytes, ByteArrayOutputStream out) throws ConnectionErrorException {
        while (bytes.hasRemaining()) {
            if (payloadLeft > 0) {
                int count = Math.min(payloadLeft, bytes.remaining());
                payload(bytes.slice(bytes.position(), count), out);
                bytes.position(bytes.position() + count);
            } else {
                header.put(bytes.get());
                if (!header.hasRemaining()) {
                    header.clear();
                    frame(out);
                }
            }
        }
    }

    private void frame(ByteArrayOutputStream out) throws ConnectionErrorException {
        int length = header.getInt(0) >>> 8;
        int type = header.get(3);
        int flags = header.get(4);
        int stream = header.getInt(5) & Integer.MAX_VALUE;
        if (length > HeadBlock.MAX_BYTES) {
            throw new ConnectionErrorException(Http2Channel.ERROR_FRAME_SIZE_ERROR, "frame of " + length + " bytes");
        }
        budget.received(type, flags, length);
        if (block != null) {
            block.follow(type, flags, stream, length);
        } else if (type == FrameBudget.HEADERS && (flags & HeadBlock.END_HEADERS) == 0) {
            block = new HeadBlock(flags, stream, length);
        } else if (type == FrameBudget.PUSH_PROMISE) {
            throw new ConnectionErrorException(Http2Channel.ERROR_PROTOCOL_ERROR, "PUSH_PROMISE from a client");
        } else {
            out.write(header.array(), 0, HEADER_LENGTH);
            inHead = type == FrameBudget.HEADERS;
        }
        payloadLeft = length;
        endOfFrame(out);
    }

    private void payload(ByteBuffer bytes, ByteArrayOutputStream out) throws ConnectionErrorException {
        payloadLeft -= bytes.remaining();
        if (block != null) {
            block.add(bytes);
        } else {
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(copy);
            out.writeBytes(copy);
        }
        endOfFrame(out);
    }

    private void endOfFrame(ByteArrayOutputStream out) throws ConnectionErrorException {
        if (payloadLeft > 0) {
            return;
        }
        inHead = false;
        if (block != null && block.endsHere()) {
            out.writeBytes(block.joined());
            block = null;
        }
    }

    @Override
    public long read(ByteBuffer[] targets, int offset, int length) throws IOException {
        for (int i = offset; i < offset + length; i++) {
            if (targets[i].hasRemaining()) {
                return read(targets[i]);
            }
        }
        return 0;
    }

    @Override
    public long transferTo(long position, long count, FileChannel target) throws IOException {
        return target.transferFrom(new ConduitReadableByteChannel(this), position, count);
    }

    @Override
    public long transferTo(long count, ByteBuffer through, StreamSinkChannel target) throws IOException {
        return IoUtils.transfer(new ConduitReadableByteChannel(this), count, through, target);
    }

    @Override
    public void resumeReads() {
        if (isBehind()) {
            next.wakeupReads();
        } else {
            next.resumeReads();
        }
    }

    private boolean isBehind() {
        return ready.hasRemaining() || fault != null;
    }

    @Override
    public void terminateReads() throws IOException {
        ready = NONE;
        next.terminateReads();
    }

    @Override
    public void awaitReadable() throws IOException {
        if (!isBehind()) {
            next.awaitReadable();
        }
    }

    @Override
    public void awaitReadable(long time, TimeUnit unit) throws IOException {
        if (!isBehind()) {
            next.awaitReadable(time, unit);
        }
    }
}
