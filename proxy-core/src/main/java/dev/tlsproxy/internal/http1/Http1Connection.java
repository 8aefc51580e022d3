package dev.tlsproxy.internal.http1;

import io.undertow.client.ClientCallback;
import io.undertow.client.ClientExchange;
import io.undertow.client.ClientRequest;
import io.undertow.connector.ByteBufferPool;
import io.undertow.connector.PooledByteBuffer;
import io.undertow.server.protocol.http.HttpAttachments;
import io.undertow.util.HeaderMap;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.xnio.ChannelListener;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;
import org.xnio.conduits.ConduitStreamSinkChannel;
import org.xnio.conduits.ConduitStreamSourceChannel;

/**
 * An open connection to an upstream that carries HTTP/1.1 as a client, one request at a time. It is open for the next
 * request only after request and response were both complete and nothing else came; in every other case it is closed.
 *
 * <p>Used on the connection's I/O thread only. Between requests, and while it waits for a response, it holds no buffer.
 */
public final class Http1Connection extends StreamClientConnection {

    /** Interim responses before the final one; more are taken for an attack. */
    static final int MAX_INTERIM_RESPONSES = 10;

    /**
     * While nobody reads the response's body. Reads stay resumed until something comes: mostly the body is read at once and
     * the connection idle again within the same turn, and suspending them meanwhile would be for nothing.
     */
    private static final ChannelListener<ConduitStreamSourceChannel> UNWANTED =
            ConduitStreamSourceChannel::suspendReads;

    private final Consumer<String> faults;
    private final ResponseSource source;
    private final RequestSink sink;
    private @Nullable Http1Exchange current;
    private ResponseHeadParser parser = new ResponseHeadParser();
    private int interimResponses;
    private boolean responseBytes;
    private boolean responseDone;
    private boolean reusable;
    private boolean unsent;
    private boolean switching;
    private boolean upgraded;

    /**
     * Puts HTTP/1.1 on a connection.
     *
     * @param stream open, for TLS with its handshake done; the conduits of its channels are replaced. Over TLS its end
     *     without close_notify has to be an {@link IOException}, or a truncated response looks complete
     * @param buffers for reading
     * @param faults told what the upstream got wrong, without content, when that ends the connection
     */
    public Http1Connection(StreamConnection stream, ByteBufferPool buffers, Consumer<String> faults) {
        super(stream, buffers);
        this.faults = faults;
        source = new ResponseSource(stream.getSourceChannel().getConduit(), this);
        sink = new RequestSink(stream.getSinkChannel().getConduit(), this);
        stream.getSourceChannel().setConduit(source);
        stream.getSinkChannel().setConduit(sink);
        stream.setCloseListener(closed -> onClose());
        idle();
    }

    /**
     * Sends a request. The head goes out with the first bytes of the body if the callback writes some, else right after
     * the callback.
     *
     * @param request Content-Length or {@code Transfer-Encoding: chunked} frame its body; without either it has none
     * @param callback gets the exchange before anything is sent, or the failure when the connection is closed
     * @throws IllegalStateException when the connection is in use, or the request can't be written: nothing is sent then
     */
    @Override
    public void sendRequest(ClientRequest request, ClientCallback<ClientExchange> callback) {
        if (current != null || upgraded) {
            throw new IllegalStateException("connection: in use (expected: one request at a time)");
        }
        ByteBuffer head = RequestHeadWriter.head(request);
        long length = RequestHeadWriter.bodyLength(request.getRequestHeaders());
        responseBytes = false;
        if (!isOpen()) {
            callback.failed(new ClosedChannelException());
            return;
        }
        Http1Exchange exchange = new Http1Exchange(this, request);
        current = exchange;
        parser = new ResponseHeadParser();
        interimResponses = 0;
        responseDone = false;
        reusable = false;
        switching = false;
        unsent = false;
        sink.begin(head, length, () -> exchange.getAttachment(HttpAttachments.RESPONSE_TRAILERS));
        responseChannel().setReadListener(channel -> readHead());
        responseChannel().resumeReads();
        callback.completed(exchange);
        if (current == exchange && length == 0 && !sink.isDone()) {
            sendSoon(exchange);
        } else if (current == exchange) {
            sendHead(false);
        }
    }

    /**
     * A request without a body leaves at the end of the I/O thread's turn, behind those of other clients: most of them find
     * the upstream awake, which costs the kernel less. What the selector tells of before then is no response to it.
     */
    private void sendSoon(Http1Exchange exchange) {
        unsent = true;
        try {
            getIoThread().execute(() -> {
                if (current == exchange) {
                    unsent = false;
                    sendHead(true);
                }
            });
        } catch (RejectedExecutionException e) {
            fail(new IOException("the thread is ending", e));
        }
    }

    private void sendHead(boolean all) {
        try {
            if (all) {
                sink.terminateWrites();
            }
            if (!sink.flush()) {
                if (all) {
                    requestChannel().setWriteListener(channel -> sendHead(true));
                }
                requestChannel().resumeWrites();
            } else if (all && requestChannel().isWriteResumed()) {
                requestChannel().setWriteListener(null);
                requestChannel().suspendWrites();
            }
        } catch (IOException e) {
            if (all) {
                fail(e);
            }
            // with a body, the next write fails too, and what becomes of the exchange is decided there
        }
    }

    /** The request is completely sent. */
    void requestSent() {
        if (responseDone) {
            finish();
        }
    }

    private void readHead() {
        Http1Exchange exchange = current;
        if (exchange == null || exchange.hasResponded()) {
            responseChannel().suspendReads();
            return;
        }
        if (unsent) {
            if (!isQuiet()) {
                fail(new IOException("upstream closed the connection, or sent something, before the request"));
            }
            return;
        }
        PooledByteBuffer pooled = getBufferPool().allocate();
        boolean kept = false;
        try {
            ByteBuffer buffer = pooled.getBuffer();
            while (current == exchange) {
                if (!buffer.clear().hasRemaining() || !fill(buffer)) {
                    return;
                }
                ResponseHead head = parse(exchange, buffer);
                if (head != null) {
                    kept = buffer.hasRemaining();
                    if (kept) {
                        source.unread(pooled);
                    }
                    deliver(exchange, head);
                    return;
                }
            }
        } catch (IOException e) {
            fail(e);
        } catch (RuntimeException e) {
            fail(new IOException(e));
        } finally {
            if (!kept) {
                pooled.close();
            }
        }
    }

    private boolean fill(ByteBuffer buffer) throws IOException {
        int read = source.readRaw(buffer);
        if (read < 0) {
            throw new IOException("upstream closed the connection before the end of its response head");
        }
        responseBytes |= read > 0;
        buffer.flip();
        return read > 0;
    }

    /** The final head, when it is complete; interim responses end here. */
    private @Nullable ResponseHead parse(Http1Exchange exchange, ByteBuffer buffer) throws MalformedResponseException {
        while (current == exchange && buffer.hasRemaining()) {
            ResponseHead head = parser.parse(buffer);
            if (head == null) {
                return null;
            }
            if (!head.interim()) {
                return head;
            }
            if (++interimResponses > MAX_INTERIM_RESPONSES) {
                throw new MalformedResponseException("more than " + MAX_INTERIM_RESPONSES + " interim responses");
            }
            parser = new ResponseHeadParser();
            if (head.status() == 100) {
                exchange.continued(head.response());
            }
        }
        return null;
    }

    private void deliver(Http1Exchange exchange, ResponseHead head) throws MalformedResponseException {
        switching = head.status() == 101;
        if (switching && !exchange.asksToUpgrade()) {
            throw new MalformedResponseException("101 without being asked");
        }
        ResponseFraming framing = ResponseFraming.of(head, exchange.getRequest().getMethod());
        // an answer to a part of the request: what else the upstream will make of the rest is its own affair
        reusable = head.persistent() && !framing.last() && sink.isDone();
        source.begin(framing);
        responseChannel().setReadListener(UNWANTED);
        exchange.responded(head.response());
    }

    /** The end of the body was read. */
    void responseRead(@Nullable HeaderMap trailers) {
        Http1Exchange exchange = current;
        if (exchange == null) {
            return;
        }
        if (trailers != null) {
            HeaderMap permitted = TrailerFields.permitted(trailers);
            if (permitted.size() > 0) {
                exchange.putAttachment(HttpAttachments.REQUEST_TRAILERS, permitted);
            }
        }
        responseDone = true;
        if (switching) {
            return;
        }
        if (source.hasSurplus()) {
            reusable = false;
            faults.accept("bytes after the end of the response");
        }
        if (sink.isDone()) {
            finish();
        }
    }

    /** Request and response are complete. */
    private void finish() {
        current = null;
        if (reusable) {
            idle();
        } else {
            close();
        }
    }

    private void idle() {
        sink.end();
        requestChannel().suspendWrites();
        requestChannel().setWriteListener(null);
        responseChannel().setReadListener(channel -> readIdle());
        responseChannel().resumeReads();
    }

    private void readIdle() {
        if (!isQuiet()) {
            close();
        }
    }

    /**
     * Whether the last request and its response are complete and left it usable.
     *
     * @return true when {@link #sendRequest} may be called
     */
    public boolean isIdle() {
        return current == null && !upgraded && isOpen();
    }

    /**
     * Whether it is open and nothing waits to be read: neither the end, nor bytes that would be taken for the response to
     * the next request. Only between requests.
     *
     * @return true when it may carry another request
     */
    public boolean isQuiet() {
        try {
            return isOpen() && !source.hasSurplus() && source.readRaw(ByteBuffer.allocate(1)) == 0;
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Whether the last request was not sent, because something else came before it, or its turn has not come yet.
     *
     * @return true when nothing of it is with the upstream
     */
    public boolean isUnsent() {
        return unsent;
    }

    /**
     * Whether a byte of a response has come since the last request was sent.
     *
     * @return false when nothing shows that the upstream has seen the request
     */
    public boolean hasResponseBytes() {
        return responseBytes;
    }

    /**
     * Makes the connection a tunnel, after a 101 whose end was read.
     *
     * @return the connection; what the upstream sent behind the 101 is read first
     * @throws IOException when it is closed, or did not switch
     */
    @Override
    public StreamConnection performUpgrade() throws IOException {
        if (!switching || !isOpen()) {
            throw new IOException("upstream connection did not switch protocols, or is closed");
        }
        upgraded = true;
        current = null;
        source.pass();
        sink.end();
        requestChannel().setWriteListener(null);
        responseChannel().setReadListener(null);
        return stream();
    }

    @Override
    public boolean isUpgraded() {
        return upgraded;
    }

    void fault(MalformedResponseException fault) {
        faults.accept(String.valueOf(fault.getMessage()));
    }

    private void fail(IOException cause) {
        Http1Exchange exchange = current;
        current = null;
        if (cause instanceof MalformedResponseException malformed) {
            fault(malformed);
        }
        close();
        if (exchange != null) {
            exchange.failed(cause);
        }
    }

    private void onClose() {
        closed();
        source.free();
        Http1Exchange exchange = current;
        if (exchange == null) {
            return;
        }
        if (!exchange.hasResponded()) {
            current = null;
            exchange.failed(new ClosedChannelException());
        } else if (!responseDone && !source.isReading()) {
            wakeReader();
        }
    }

    ConduitStreamSourceChannel responseChannel() {
        return stream().getSourceChannel();
    }

    ConduitStreamSinkChannel requestChannel() {
        return stream().getSinkChannel();
    }

    /** Closes it at once. */
    @Override
    public void close() {
        IoUtils.safeClose(stream());
    }
}
