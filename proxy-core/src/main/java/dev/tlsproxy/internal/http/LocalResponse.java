package dev.tlsproxy.internal.http;

import io.undertow.io.IoCallback;
import io.undertow.io.Sender;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.Headers;
import io.undertow.util.Protocols;
import io.undertow.util.StatusCodes;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends a response that no upstream made: a filter's or an error. */
final class LocalResponse implements IoCallback {

    private static final Logger LOG = LoggerFactory.getLogger(LocalResponse.class);

    /**
     * A response.
     *
     * @param status 200..599
     * @param contentType the media type
     * @param body the body; not copied
     */
    @SuppressWarnings("ArrayRecordComponent") // handed on once, never compared
    record Answer(int status, String contentType, byte[] body) {}

    private final ExchangeState state;

    private LocalResponse(ExchangeState state) {
        this.state = state;
    }

    /** Sends the answer after the filters have seen it. The fields set on the exchange before stay. */
    static void send(ExchangeState state, Answer answer) {
        HttpServerExchange exchange = state.exchange();
        HeaderMap fields = exchange.getResponseHeaders();
        exchange.setStatusCode(answer.status());
        if (exchange.getProtocol().equals(Protocols.HTTP_0_9)) {
            exchange.setProtocol(
                    Protocols.HTTP_1_1); // Undertow repeats the request's version, and that one has no status line
        }
        fields.put(Headers.CONTENT_TYPE, answer.contentType());
        byte[] body = answer.body();
        if (!filter(state, fields)) {
            exchange.setStatusCode(500);
            body = new byte[0];
        }
        exchange.setReasonPhrase(reason(exchange.getStatusCode()));
        fields.put(Headers.CONTENT_LENGTH, body.length);
        if (!exchange.isRequestComplete()) {
            exchange.setPersistent(false);
        }
        ExchangeCall.persistence(state, fields);
        exchange.getResponseSender().send(ByteBuffer.wrap(body), new LocalResponse(state));
    }

    /** Undertow has no words for 421 (RFC 9110 section 15.5.20). */
    static String reason(int status) {
        return status == 421 ? "Misdirected Request" : StatusCodes.getReason(status);
    }

    private static boolean filter(ExchangeState state, HeaderMap fields) {
        FilteredExchange filtered = state.filtered();
        if (filtered == null) {
            return true;
        }
        try {
            filtered.response(state.exchange().getStatusCode(), fields);
            return true;
        } catch (RuntimeException e) {
            LOG.error("filter of route {} failed", state.routeName(), e);
            state.fail(new Refusal(500, "internal error"));
            fields.clear();
            return false;
        }
    }

    /**
     * The body is written. The response is closed and flushed before the rest of the request is read: endExchange does it
     * the other way round, and a client would have to finish its upload to learn that it is too large.
     */
    @Override
    public void onComplete(HttpServerExchange exchange, Sender sender) {
        sender.close(new IoCallback() {
            @Override
            public void onComplete(HttpServerExchange exchange, Sender sender) {
                state.bodies().linger();
            }

            @Override
            public void onException(HttpServerExchange exchange, Sender sender, IOException exception) {
                state.cut(new Refusal(Refusal.CLIENT_LEFT, "client left before the response"));
            }
        });
    }

    @Override
    public void onException(HttpServerExchange exchange, Sender sender, IOException exception) {
        state.cut(new Refusal(Refusal.CLIENT_LEFT, "client left before the response"));
    }
}
