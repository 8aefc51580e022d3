package dev.tlsproxy.internal.http;

import io.undertow.server.Connectors;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.Headers;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.ChannelListener;
import org.xnio.ChannelListeners;
import org.xnio.IoUtils;
import org.xnio.XnioExecutor;
import org.xnio.channels.StreamSourceChannel;

/** Counts the bytes of an exchange's two bodies, and ends the exchange when none move for too long. */
final class BodyWatch {

    /** How long the rest of a refused upload is read, so that the client gets to read the refusal (RFC 9112 section 9.6). */
    private static final long LINGER_SECONDS = 2;

    static final String CLIENT_LEFT = "client left";

    private static final String GRPC = "application/grpc";

    private final ExchangeState state;
    private final IdleSweeps sweeps;

    // where it stands in its sweep, and guarded by that
    @Nullable
    BodyWatch previous;

    @Nullable
    BodyWatch next;

    private IdleSweeps.@Nullable Sweep sweep;
    private @Nullable RequestBody request;
    private @Nullable ResponseBody response;
    private @Nullable ChunkedFraming chunks;
    private XnioExecutor.@Nullable Key lingering;
    private long limit = -1;
    private boolean eventStream;
    private boolean grpc;
    private boolean discarding;
    private boolean ended;
    private long movedAtLastSweep;
    private long movedWhenStill;
    private long stillSince;

    BodyWatch(ExchangeState state, IdleSweeps sweeps) {
        this.state = state;
        this.sweeps = sweeps;
    }

    void begin() {
        HttpServerExchange exchange = state.exchange();
        sweep = sweeps.join(exchange.getIoThread(), this);
        if (!exchange.isRequestComplete()) {
            exchange.addRequestWrapper((factory, same) -> {
                RequestBody body = new RequestBody(factory.create(), state, chunks());
                request = body;
                return body;
            });
        }
        exchange.addResponseWrapper((factory, same) -> {
            ResponseBody body = new ResponseBody(factory.create(), state);
            response = body;
            return body;
        });
    }

    /** From the first byte of the body on: where a refused one is read to its end, it has a second conduit. */
    private @Nullable ChunkedFraming chunks() {
        if (chunks == null && state.head().fields().contains(Headers.TRANSFER_ENCODING)) {
            chunks = CountedSource.follow(state.exchange().getConnection());
        }
        return chunks;
    }

    /** The largest request body in bytes, -1 for no limit. */
    void limit(long bytes) {
        limit = bytes;
    }

    boolean exceeded(long bytes) {
        return limit >= 0 && bytes > limit && !discarding;
    }

    boolean discarding() {
        return discarding;
    }

    /** A silent {@code text/event-stream} is normal, and so is a gRPC call where neither side has anything to say. */
    void responseHead(HeaderMap fields) {
        eventStream = isOfType(fields, "text/event-stream");
        grpc = isOfType(fields, GRPC); // and those that begin with it: +proto, -web, -web-text
    }

    private static boolean isOfType(HeaderMap fields, String type) {
        String value = fields.getFirst(Headers.CONTENT_TYPE);
        return value != null && value.regionMatches(true, 0, type, 0, type.length());
    }

    long requestBytes() {
        return request == null ? 0 : request.bytes();
    }

    long responseBytes() {
        return response == null ? 0 : response.bytes();
    }

    /** Whether the whole response was handed to the connection. */
    boolean responseEnded() {
        return response != null && response.complete();
    }

    /** The response is sent: reads off what the client still sends, for a while, and ends the exchange. */
    void linger() {
        HttpServerExchange exchange = state.exchange();
        if (exchange.isRequestComplete()) {
            exchange.endExchange();
            return;
        }
        discarding = true;
        if (!exchange.isRequestChannelAvailable()) {
            // ProxyHandler has the channel and has given up on it.
            Connectors.resetRequestChannel(exchange);
        }
        StreamSourceChannel channel = exchange.getRequestChannel();
        lingering = exchange.getIoThread()
                .executeAfter(() -> IoUtils.safeClose(exchange.getConnection()), LINGER_SECONDS, TimeUnit.SECONDS);
        ChannelListener<StreamSourceChannel> drain = ChannelListeners.drainListener(
                Long.MAX_VALUE,
                drained -> exchange.endExchange(),
                (failed, e) -> IoUtils.safeClose(exchange.getConnection()));
        channel.getReadSetter().set(drain);
        channel.resumeReads();
        drain.handleEvent(channel);
    }

    /** The connection or stream is closed: neither body has anywhere to go. */
    void cut() {
        if (response != null && state.head().http2()) {
            response.drop();
        }
    }

    /** Looks after the exchange now and then; {@code now} and {@code idle} are nanoseconds. */
    void sweep(long now, long idle) {
        long moved = requestBytes() + responseBytes();
        if (moved == movedAtLastSweep && stillSince != 0 && clientLeft()) {
            state.cut(new Refusal(Refusal.CLIENT_LEFT, CLIENT_LEFT));
            return;
        }
        movedAtLastSweep = moved;
        if (moved - movedWhenStill >= progress(idle) || !waiting() || stillSince == 0) {
            movedWhenStill = moved;
            stillSince = now;
        } else if (now - stillSince >= idle) {
            stalled();
        }
    }

    /**
     * How many bytes in the idle time are progress: a byte for each second of it where an upload has no response yet, so that
     * one byte now and then does not hold a connection of the upstream for ever; any byte otherwise.
     */
    private long progress(long idle) {
        boolean upload = request != null && !state.exchange().isResponseStarted();
        return upload && !isOfType(state.head().fields(), GRPC) ? Math.max(1, TimeUnit.NANOSECONDS.toSeconds(idle)) : 1;
    }

    /** Ends the watch; true the first time. */
    boolean end() {
        if (ended) {
            return false;
        }
        ended = true;
        if (sweep != null) {
            sweep.leave(this);
        }
        if (lingering != null) {
            lingering.remove();
        }
        return true;
    }

    /**
     * Undertow reads nothing while a response is under way, so it does not see a client leave before the next write: with
     * a silent event stream that may be never. Looked at from the second sweep on, which few requests live to see.
     */
    private boolean clientLeft() {
        boolean reset = response != null && response.reset();
        return reset || ClientLeft.check(state);
    }

    /** Before the response, with the request sent, it is the upstream room that counts the time. */
    private boolean waiting() {
        HttpServerExchange exchange = state.exchange();
        ResponseBody body = exchange.isResponseComplete() ? null : response;
        boolean receiving = request != null && !exchange.isRequestComplete() && !discarding && !(grpc && body != null);
        boolean sending = body != null && (!(eventStream || grpc) || body.blocked());
        return receiving || sending;
    }

    private void stalled() {
        if (request == null || state.exchange().isResponseStarted()) {
            state.cut(new Refusal(Refusal.CLIENT_LEFT, "response body made no progress"));
        } else if (request.isReadResumed()) {
            request.stop(new Refusal(408, "request body made no progress"));
        } else {
            request.stop(new Refusal(504, "upstream did not take the request body"));
        }
    }
}
