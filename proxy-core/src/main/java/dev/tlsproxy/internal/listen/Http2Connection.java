package dev.tlsproxy.internal.listen;

import dev.tlsproxy.internal.http.ClientStream;
import dev.tlsproxy.internal.http.ConnectionTls;
import dev.tlsproxy.internal.http.EmptyQuery;
import dev.tlsproxy.internal.tunnel.SocketEnd;
import dev.tlsproxy.spi.NegotiatedTls;
import io.undertow.connector.ByteBufferPool;
import io.undertow.connector.PooledByteBuffer;
import io.undertow.protocols.http2.AbstractHttp2StreamSinkChannel;
import io.undertow.protocols.http2.AbstractHttp2StreamSourceChannel;
import io.undertow.protocols.http2.Http2Channel;
import io.undertow.protocols.http2.Http2PingStreamSourceChannel;
import io.undertow.protocols.http2.Http2StreamSourceChannel;
import io.undertow.server.ConnectorStatisticsImpl;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.protocol.framed.FrameHeaderData;
import io.undertow.server.protocol.http2.Http2ReceiveListener;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.ChannelExceptionHandler;
import org.xnio.IoUtils;
import org.xnio.OptionMap;
import org.xnio.StreamConnection;
import org.xnio.XnioExecutor;
import org.xnio.ssl.SslConnection;

/**
 * An HTTP/2 connection of Undertow's, with what that leaves out: a flow-control window that opens, streams that tell
 * whether they were reset, resets that tell why, requests looked at before Undertow takes their pseudo-fields apart, a limit of concurrent
 * streams, and an end of connections without a request or within a head. On the connection's I/O thread.
 */
final class Http2Connection extends Http2Channel {

    private static final byte[] NONE = {};
    private static final HttpString AUTHORITY = new HttpString(":authority");

    /** For GOAWAY to leave before the socket is closed. */
    private static final Duration FAREWELL = Duration.ofSeconds(1);

    /** How long a client may take to show by its PING answer that it has read the GOAWAY. */
    private static final Duration ANNOUNCED = Duration.ofSeconds(1);

    private static final Duration DRAIN_LOOK = Duration.ofMillis(20);
    private static final byte[] PING = new byte[8];

    private final Wire wire;
    private final HttpHandler pipeline;
    private final ListenConfig config;
    private final long keepAliveNanos;
    private final LateFrames late = new LateFrames();
    private final Map<HttpServerExchange, ClientStream> live = new HashMap<>(4);
    private @Nullable Http2StreamSourceChannel received;
    private XnioExecutor.@Nullable Key timer;
    private XnioExecutor.@Nullable Key headTimer;
    private boolean windowOpened;
    private int lastReset;
    private long idleSince;
    private boolean draining;
    private long newStreamsUntil;

    /**
     * Takes over {@code extra}, the bytes that were read behind the handshake.
     *
     * @param options without Undertow's own idle time-out, see {@link HttpOptions#forHttp2}
     * @param config how long a head may take, and how long there may be no request, from the handshake on
     */
    Http2Connection(
            SslConnection connection,
            ByteBufferPool pool,
            @Nullable PooledByteBuffer extra,
            OptionMap options,
            HttpHandler pipeline,
            ListenConfig config) {
        this(connection, Wire.of(connection, pool, taken(extra)), pool, options, pipeline, config);
    }

    private Http2Connection(
            SslConnection connection,
            Wire wire,
            ByteBufferPool pool,
            OptionMap options,
            HttpHandler pipeline,
            ListenConfig config) {
        super(connection, "h2", pool, null, false, false, options);
        this.wire = wire;
        this.pipeline = pipeline;
        this.config = config;
        this.keepAliveNanos = config.keepAlive().toNanos();
    }

    private static byte[] taken(@Nullable PooledByteBuffer extra) {
        if (extra == null) {
            return NONE;
        }
        try (extra) {
            byte[] bytes = new byte[extra.getBuffer().remaining()];
            extra.getBuffer().get(bytes);
            return bytes;
        }
    }

    /** What stands between Undertow and the connection. */
    private record Wire(FrameGate gate, GoAwayConduit goAway, GatheringSinkConduit gathering) {

        static Wire of(StreamConnection connection, ByteBufferPool pool, byte[] first) {
            FrameBudget budget = new FrameBudget(System::nanoTime);
            FrameGate gate = new FrameGate(connection.getSourceChannel().getConduit(), pool, budget, first);
            GatheringSinkConduit gathering =
                    new GatheringSinkConduit(connection.getSinkChannel().getConduit(), pool);
            GoAwayConduit goAway = new GoAwayConduit(gathering, budget);
            connection.getSourceChannel().setConduit(gate);
            connection.getSinkChannel().setConduit(goAway);
            return new Wire(gate, goAway, gathering);
        }
    }

    /** What Undertow's Http2OpenListener does, except that the attachment is there before the first request. */
    void open(NegotiatedTls tls, OptionMap options, int bufferSize) {
        putAttachment(ConnectionTls.ATTACHMENT, tls);
        idleSince = System.nanoTime();
        later(this::endIfIdle, keepAliveNanos);
        addCloseTask(closed -> {
            stopTimer();
            headWhole();
        });
        wire.gathering().watch(this::writesFailed);
        wire.gate().watch(this::headAwaited, this::headWhole);
        getReceiveSetter()
                .set(new Http2ReceiveListener(this::handle, options, bufferSize, new ConnectorStatisticsImpl()));
        resumeReceives();
    }

    @Override
    public synchronized @Nullable AbstractHttp2StreamSourceChannel receive() throws IOException {
        AbstractHttp2StreamSourceChannel frame = wellFormed();
        if (draining && frame instanceof Http2PingStreamSourceChannel ping && ping.isAck()) {
            newStreamsUntil = System.nanoTime();
        }
        if (frame instanceof Http2StreamSourceChannel stream) {
            if (isOneTooMany()) {
                sendRstStream(stream.getStreamId(), ERROR_REFUSED_STREAM);
                return null;
            }
            received = stream;
            EmptyQuery.mark(stream.getHeaders());
            refuseOtherHost(stream.getHeaders());
        }
        return frame;
    }

    @Override
    protected FrameHeaderData parseFrame(ByteBuffer data) throws IOException {
        ByteBuffer taken = data.duplicate();
        FrameHeaderData frame = super.parseFrame(data);
        late.parsed(taken.limit(data.position()), frame != null);
        return frame;
    }

    /** DATA counts for the connection's window all the same (RFC 9113 section 6.9). */
    @Override
    protected @Nullable AbstractHttp2StreamSourceChannel createChannel(FrameHeaderData frame, PooledByteBuffer payload)
            throws IOException {
        if (late.isWrong()) {
            sendRstStream(late.stream(), ERROR_STREAM_CLOSED);
        }
        if (late.isLate()) {
            updateReceiveFlowControlWindow(late.windowTaken());
            return null;
        }
        return super.createChannel(frame, payload);
    }

    /** Undertow advertises the limit and does not enforce it (RFC 9113 section 5.1.2). */
    private boolean isOneTooMany() {
        if (live.size() >= config.maxStreams()) {
            live.values().removeIf(stream -> !stream.isOpen());
        }
        return live.size() >= config.maxStreams();
    }

    /**
     * Undertow's parser throws unchecked exceptions at some malformed fields and at the 128th line of one field, and logs them as errors, with a stack trace
     * and what the client sent. Those it knows of are checked ones, logged at debug level.
     */
    private @Nullable AbstractHttp2StreamSourceChannel wellFormed() throws IOException {
        try {
            return super.receive();
        } catch (IllegalArgumentException | IllegalStateException e) {
            throw new IOException("malformed HTTP/2 frame", e);
        }
    }

    /**
     * Undertow drops Host in favour of :authority; where they differ the request is malformed (RFC 9113 section 8.3.1).
     * An empty authority is what the HTTP room refuses.
     */
    private static void refuseOtherHost(HeaderMap fields) {
        HeaderValues hosts = fields.get(Headers.HOST);
        String authority = fields.getFirst(AUTHORITY);
        if (hosts != null && authority != null && !hosts.stream().allMatch(authority::equalsIgnoreCase)) {
            fields.put(AUTHORITY, "");
        }
    }

    /**
     * Undertow says CANCEL whatever the reason, once for each direction, also in answer to a reset, and counts all against its
     * limit. A client takes the code for the reason: of gRPC's, CANCEL says that the call was given up on purpose. RFC 9113
     * sections 5.4.2, 7 and 8.1.
     */
    @Override
    public void sendRstStream(int streamId, int statusCode) {
        late.reset(streamId);
        if (statusCode != ERROR_CANCEL) {
            super.sendRstStream(streamId, statusCode);
        } else if (streamId != lastReset && !late.isResetByClient(streamId)) {
            super.sendRstStream(streamId, wire.goAway().hasEnded(streamId) ? ERROR_NO_ERROR : ERROR_INTERNAL_ERROR);
        }
        lastReset = streamId;
    }

    /** A client that still sends would meet a closed socket, whose reset takes away the GOAWAY that was not read yet. */
    @Override
    public void sendGoAway(int status, ChannelExceptionHandler<AbstractHttp2StreamSinkChannel> exceptionHandler) {
        try {
            setOption(SocketEnd.CLOSE_IN_STAGES, true);
        } catch (IOException e) {
            // it is closed in one
        }
        wire.gathering().writeThrough(); // Undertow closes when this frame was taken
        super.sendGoAway(status, exceptionHandler);
    }

    /** Undertow closes the socket past its conduits. */
    @Override
    public void close() throws IOException {
        wire.gathering().leave();
        super.close();
    }

    /** As Undertow does where it writes itself. */
    private void writesFailed(IOException failure) {
        IoUtils.safeClose(getUnderlyingConnection());
        markWritesBroken(failure);
    }

    private void handle(HttpServerExchange exchange) throws Exception {
        openWindow();
        ClientStream stream = Objects.requireNonNull(received, "received").getResponseChannel()::isOpen;
        exchange.putAttachment(ClientStream.KEY, stream);
        live.put(exchange, stream);
        exchange.addExchangeCompleteListener((done, next) -> {
            live.remove(done);
            idleSince = System.nanoTime();
            next.proceed();
        });
        pipeline.handleRequest(exchange);
    }

    /**
     * Opens the connection's flow-control window with the first request. Undertow 2.4 takes the configured size for the
     * connection too, of which it never tells the client: at 64 KiB the client waits, and so does Undertow (RFC 9113
     * section 6.9.2: SETTINGS changes the streams' windows only). Not earlier, because SETTINGS must be the first frame,
     * and Undertow sends it when the client's has come.
     */
    private void openWindow() throws IOException {
        if (!windowOpened) {
            windowOpened = true;
            sendUpdateWindowSize(0, HttpOptions.H2_WINDOW - HttpOptions.H2_DEFAULT_WINDOW);
        }
    }

    /** The rest of a head is not there yet, and until it is no other frame can come. */
    private void headAwaited() {
        try {
            headTimer = getIoThread()
                    .executeAfter(
                            () -> sendGoAway(ERROR_ENHANCE_YOUR_CALM),
                            config.requestHead().toNanos(),
                            TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            IoUtils.safeClose(this); // the thread is ending
        }
    }

    private void headWhole() {
        if (headTimer != null) {
            headTimer.remove();
            headTimer = null;
        }
    }

    /**
     * Announces the end, lets the streams finish that are open or come until the client has read of it, then sends the
     * GOAWAY that names the last of them and closes (RFC 9113 section 6.8).
     */
    void drain() {
        if (draining || !isOpen()) {
            return;
        }
        draining = true;
        stopTimer();
        newStreamsUntil = System.nanoTime() + ANNOUNCED.toNanos();
        try {
            if (!wire.goAway().announce()) {
                IoUtils.safeClose(this); // the client has sent nothing yet
                return;
            }
        } catch (IOException e) {
            IoUtils.safeClose(this);
            return;
        }
        sendPing(PING);
        endIfDrained();
    }

    private void endIfDrained() {
        timer = null;
        if (!isOpen()) {
            return;
        }
        live.values().removeIf(stream -> !stream.isOpen());
        if (!live.isEmpty() || System.nanoTime() - newStreamsUntil < 0) {
            later(this::endIfDrained, DRAIN_LOOK.toNanos());
            return;
        }
        farewell();
    }

    private void farewell() {
        sendGoAway(ERROR_NO_ERROR);
        later(() -> IoUtils.safeClose(this), FAREWELL.toNanos());
    }

    /**
     * Undertow's own timer starts with the end of a response: it leaves alone a client that never sent a whole request
     * head, and one that has reset its last stream.
     */
    private void endIfIdle() {
        timer = null;
        if (!isOpen()) {
            return;
        }
        if (live.values().removeIf(stream -> !stream.isOpen())) {
            idleSince = System.nanoTime();
        }
        long left = live.isEmpty() ? keepAliveNanos - (System.nanoTime() - idleSince) : keepAliveNanos;
        if (left > 0) {
            later(this::endIfIdle, left);
            return;
        }
        farewell();
    }

    private void later(Runnable task, long nanos) {
        try {
            timer = getIoThread().executeAfter(task, nanos, TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            IoUtils.safeClose(this); // the thread is ending
        }
    }

    private void stopTimer() {
        if (timer != null) {
            timer.remove();
            timer = null;
        }
    }
}
