package dev.tlsproxy.internal.http2;

import dev.tlsproxy.internal.http1.MalformedResponseException;
import dev.tlsproxy.internal.http1.StreamClientConnection;
import io.undertow.client.ClientCallback;
import io.undertow.client.ClientExchange;
import io.undertow.client.ClientRequest;
import io.undertow.connector.ByteBufferPool;
import io.undertow.connector.PooledByteBuffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;

/**
 * An open connection to an upstream that carries HTTP/2 as a client (RFC 9113), many requests at a time. It takes requests
 * once the upstream's SETTINGS have come, and until the upstream says that it goes away.
 *
 * <p>Used on the connection's I/O thread only, where exchanges have to live too. Frames are gathered and sent at the end of a
 * turn of that thread; what came is told to exchanges when the frames of a read are noted.
 */
public final class Http2Connection extends StreamClientConnection {

    private final String scheme;
    private final Consumer<String> faults;
    private final Consumer<@Nullable IOException> ready;
    private final FrameWriter writer;
    private final FrameReader reader;
    private final Streams streams;
    private final ArrayDeque<Http2Exchange> toRun = new ArrayDeque<>();
    private LinkedHashSet<Http2Exchange> blocked = new LinkedHashSet<>();
    private boolean outOfRoom;
    private boolean stuck; // the upstream has not taken what was sent
    private boolean turning;
    private boolean turnDue;
    private boolean begun; // the upstream's SETTINGS have come
    private boolean readyTold;
    private @Nullable IOException ended;

    /**
     * Puts HTTP/2 on a connection, and sends what a client begins with.
     *
     * @param stream open, for TLS with its handshake done
     * @param buffers for reading
     * @param tls whether the stream is secure: the scheme of requests is {@code https} then
     * @param ticker nanoseconds, as {@link System#nanoTime()}
     * @param faults told what the upstream got wrong, without content, when that ends the connection or a request
     * @param ready told once: null when requests may be sent, or why that will never be
     */
    public Http2Connection(
            StreamConnection stream,
            ByteBufferPool buffers,
            boolean tls,
            LongSupplier ticker,
            Consumer<String> faults,
            Consumer<@Nullable IOException> ready) {
        super(stream, buffers);
        this.scheme = tls ? "https" : "http";
        this.faults = faults;
        this.ready = ready;
        this.writer = new FrameWriter(stream.getSinkChannel());
        this.streams = new Streams(this, writer, ticker);
        this.reader = new FrameReader(streams);
        streams.begin();
        stream.setCloseListener(closed -> onClose());
        stream.getSinkChannel().setWriteListener(sink -> turn());
        stream.getSourceChannel().setReadListener(source -> read());
        stream.getSourceChannel().wakeupReads();
        soon();
    }

    /**
     * How many requests it may carry at a time.
     *
     * @return 0 when it takes no more, though those that it has may go on
     */
    public int capacity() {
        return begun && isOpen() && !stuck ? streams.capacity() : 0;
    }

    /** Reads what has come, to find out whether the upstream has gone away; for one that has no request under way. */
    public void look() {
        if (!turning && isOpen()) {
            read();
        }
    }

    /**
     * Sends a request. {@link #capacity} has to allow it.
     *
     * @param request Content-Length or {@code Transfer-Encoding: chunked} tell of its body; without either it has none
     * @param callback gets the exchange, or the failure when the connection takes no request
     * @throws IllegalStateException when the request can't be written: nothing is sent then
     */
    @Override
    public void sendRequest(ClientRequest request, ClientCallback<ClientExchange> callback) {
        send(new Http2Exchange(this, request), callback);
    }

    /**
     * Sends a request of another connection again, which that one's upstream has not processed.
     *
     * @param before what {@link #hold} was true for
     * @param callback gets the same exchange; it needs a new response listener
     */
    public void sendAgain(ClientExchange before, ClientCallback<ClientExchange> callback) {
        send((Http2Exchange) before, callback);
    }

    /**
     * Keeps a request that failed for {@link #sendAgain}, if it can be sent again as if it had not been sent: its body then
     * waits meanwhile.
     *
     * @param failed of an HTTP/2 connection
     * @return false when a response has begun, or what was sent of its body is no longer here
     */
    public static boolean hold(ClientExchange failed) {
        return ((Http2Exchange) failed).hold();
    }

    private void send(Http2Exchange exchange, ClientCallback<ClientExchange> callback) {
        ByteBuffer head = RequestFields.head(exchange.getRequest(), scheme);
        if (!isOpen() || !begun || !streams.takesMore()) {
            callback.failed(new StreamResetException("the connection takes no more requests", true));
            return;
        }
        streams.open(exchange, head);
        soon();
        callback.completed(exchange);
        exchange.wake(); // content that is kept from an earlier stream
    }

    /**
     * Ends a request: the upstream is told to forget it. The connection stays as it is.
     *
     * @param exchange of this connection; nothing happens when it is over
     */
    public void cancel(ClientExchange exchange) {
        ((Http2Exchange) exchange).cancel();
    }

    /** Whether a request is under way. */
    boolean carries(Http2Exchange exchange) {
        return streams.has(exchange);
    }

    boolean cancel(Http2Exchange exchange) {
        boolean carried = streams.cancel(exchange);
        if (carried) {
            soon();
        }
        return carried;
    }

    // What a turn of the thread does.

    private void read() {
        turning = true;
        PooledByteBuffer pooled = getBufferPool().allocate();
        try {
            ByteBuffer buffer = pooled.getBuffer();
            int read = 0;
            while (isOpen() && (read = stream().getSourceChannel().read(buffer.clear())) > 0) {
                reader.read(buffer.flip());
                runExchanges();
            }
            if (read < 0) {
                end(new IOException("upstream closed the connection"));
            }
        } catch (ConnectionErrorException e) {
            fault(e);
        } catch (IOException e) {
            end(e);
        } finally {
            pooled.close();
            turning = false;
        }
        turn();
    }

    /** Has a turn come soon, unless one is under way. */
    private void soon() {
        if (turning || turnDue) {
            return;
        }
        turnDue = true;
        try {
            getIoThread().execute(this::turn);
        } catch (RejectedExecutionException e) {
            // the worker is shut down, and every exchange of this thread with it
        }
    }

    private void turn() {
        turnDue = false;
        turning = true;
        try {
            runExchanges();
            flush();
        } finally {
            turning = false;
        }
        if (!toRun.isEmpty()) {
            soon();
        }
    }

    /** Each once: who wants to go on at once comes in another turn. */
    private void runExchanges() {
        if (begun) {
            tellReady(null);
        }
        for (int left = toRun.size(); left > 0; left--) {
            toRun.remove().run();
        }
    }

    private void flush() {
        if (!isOpen()) {
            return;
        }
        try {
            if (writer.flush()) {
                stream().getSinkChannel().suspendWrites();
            } else {
                stream().getSinkChannel().resumeWrites();
            }
        } catch (IOException e) {
            end(e);
        }
        stuck = writer.pending() >= FrameWriter.ROOM;
        if (outOfRoom && !stuck) {
            outOfRoom = false;
            unblock();
        }
    }

    void wake(Http2Exchange exchange) {
        toRun.add(exchange);
        soon();
    }

    /** It has something to send, and waits for a window or room. */
    void blocked(Http2Exchange exchange) {
        if (carries(exchange)) {
            blocked.add(exchange);
        }
    }

    /** Lets those that wait try again, who has waited longest first. */
    void unblock() {
        LinkedHashSet<Http2Exchange> waiting = blocked;
        blocked = new LinkedHashSet<>();
        waiting.forEach(Http2Exchange::wake);
    }

    void forget(Http2Exchange exchange) {
        blocked.remove(exchange);
        endIfOver();
    }

    void endIfOver() {
        if (streams.isOver()) {
            end(new ClosedChannelException());
        }
    }

    // Sending.

    boolean hasRoom() {
        if (writer.pending() >= FrameWriter.ROOM) {
            outOfRoom = true;
            soon();
            return false;
        }
        return true;
    }

    int sendable(Window window) {
        return hasRoom() ? streams.sendable(window) : 0;
    }

    void sendData(Http2Exchange exchange, ByteBuffer content, int count, boolean end) {
        streams.sendData(exchange, content, count, end);
        soon();
    }

    void sendTrailers(Http2Exchange exchange, ByteBuffer block) {
        streams.sendTrailers(exchange, block);
        soon();
    }

    void openWindow(Http2Exchange exchange, int octets) {
        writer.windowUpdate(exchange.stream(), octets);
        soon();
    }

    // How it begins and ends.

    /** The upstream's first SETTINGS have come. */
    void begun() {
        begun = true;
    }

    /** Not while frames are read: who is told may send at once. */
    private void tellReady(@Nullable IOException failure) {
        if (!readyTold) {
            readyTold = true;
            ready.accept(failure);
        }
    }

    void fault(String fault) {
        faults.accept(fault);
    }

    private void fault(ConnectionErrorException e) {
        faults.accept(e.fault());
        if (isOpen()) {
            writer.goAway(e.code());
        }
        end(new MalformedResponseException(e.fault()));
    }

    /** Closes it for a reason, which requests under way are told. */
    private void end(IOException cause) {
        if (ended == null) {
            ended = cause;
        }
        close();
    }

    /** Says good-bye and closes it at once, with what is under way. */
    @Override
    public void close() {
        if (isOpen()) {
            if (ended == null) {
                writer.goAway(Frame.NO_ERROR);
            }
            try {
                writer.flush();
            } catch (IOException e) {
                // the upstream is gone already
            }
        }
        IoUtils.safeClose(stream());
    }

    private void onClose() {
        closed();
        IOException cause = ended != null ? ended : new ClosedChannelException();
        List<Http2Exchange> left = new ArrayList<>(streams.removeAll());
        left.forEach(exchange -> exchange.fail(cause));
        blocked.clear();
        tellReady(cause);
    }

    /**
     * Never.
     *
     * @return nothing
     * @throws IOException always: an upgrade is a matter of HTTP/1.1
     */
    @Override
    public StreamConnection performUpgrade() throws IOException {
        throw new IOException("HTTP/2 has no upgrade");
    }

    @Override
    public boolean isUpgraded() {
        return false;
    }

    @Override
    public boolean isUpgradeSupported() {
        return false;
    }

    @Override
    public boolean isMultiplexingSupported() {
        return true;
    }
}
