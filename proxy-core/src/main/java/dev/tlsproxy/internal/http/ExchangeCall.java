package dev.tlsproxy.internal.http;

import dev.tlsproxy.internal.upstream.ClientAddresses;
import dev.tlsproxy.internal.upstream.UpstreamAddress;
import dev.tlsproxy.internal.upstream.UpstreamCall;
import dev.tlsproxy.internal.upstream.UpstreamFailure;
import dev.tlsproxy.internal.upstream.UpstreamGroup;
import io.undertow.client.ClientConnection;
import io.undertow.client.ClientResponse;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.Headers;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The upstream side's view of an exchange; and the way back of its response head. */
final class ExchangeCall implements UpstreamCall {

    private static final Logger LOG = LoggerFactory.getLogger(ExchangeCall.class);

    private final ExchangeState state;
    private final RouteEntry route;
    private final String target;
    private final HeaderMap requestHeaders;
    private final boolean upgrade;

    ExchangeCall(ExchangeState state, RouteEntry route, String target, HeaderMap requestHeaders, boolean upgrade) {
        this.state = state;
        this.route = route;
        this.target = target;
        this.requestHeaders = requestHeaders;
        this.upgrade = upgrade;
    }

    @Override
    public UpstreamGroup upstreams() {
        return route.upstreams();
    }

    @Override
    public InetAddress client() {
        return state.client();
    }

    /** The port of a client that a trusted proxy's X-Forwarded-For tells of is not known. */
    @Override
    public ClientAddresses clientAddresses() {
        InetSocketAddress peer = state.exchange().getSourceAddress();
        InetAddress client = state.client();
        return new ClientAddresses(
                client.equals(peer.getAddress()) ? peer : new InetSocketAddress(client, 0),
                state.exchange().getDestinationAddress());
    }

    @Override
    public String target() {
        return target;
    }

    @Override
    public HeaderMap requestHeaders() {
        return requestHeaders;
    }

    @Override
    public boolean upgrade() {
        return upgrade;
    }

    @Override
    public Duration responseHeadTimeout() {
        return route.responseHeadTimeout();
    }

    @Override
    public void responseHead(ClientResponse response) {
        HeaderMap fields = response.getResponseHeaders();
        boolean upgraded = upgrade && response.getResponseCode() == 101;
        HopHeaders.response(fields, response.getProtocol(), upgraded);
        FilteredExchange filtered = state.filtered();
        try {
            if (filtered != null) {
                filtered.response(response.getResponseCode(), fields);
            }
        } catch (RuntimeException e) {
            LOG.error("filter of route {} failed", state.routeName(), e);
            Refusal cause = new Refusal(500, "internal error");
            state.fail(cause);
            throw cause;
        }
        if (!upgraded) {
            framing(state.exchange(), fields);
            persistence(state, fields);
        }
        state.bodies().responseHead(fields);
    }

    @Override
    public void switching(ClientConnection connection, UpstreamAddress upstream) {
        TunnelSlot tunnel = state.tunnel();
        if (tunnel != null) {
            tunnel.switching(connection, upstream);
        }
    }

    @Override
    public void failed(UpstreamFailure failure, String upstream) {
        LOG.debug("route {}: {}: {}", state.routeName(), upstream, failure.reason());
        state.fail(new Refusal(failure.status(), failure.reason()));
    }

    /**
     * Undertow ends a response of unknown length with its connection where that is not kept. Then only a missing
     * close_notify tells of a truncation, and most clients do not look (Java's among them); the last chunk they do miss.
     * Undertow takes the field away again where the status has no body.
     */
    private static void framing(HttpServerExchange exchange, HeaderMap fields) {
        if (exchange.isHttp11() && !fields.contains(Headers.CONTENT_LENGTH)) {
            fields.put(Headers.TRANSFER_ENCODING, Headers.CHUNKED.toString());
        }
    }

    /**
     * Says whether the client connection stays open. Undertow does so for some responses only: not for those without a
     * body, and never for HTTP/1.0, whose clients have to be told.
     */
    static void persistence(ExchangeState state, HeaderMap fields) {
        HttpServerExchange exchange = state.exchange();
        if (state.head().http2()) {
            return;
        }
        if (state.draining()) {
            exchange.setPersistent(false);
        }
        if (!exchange.isPersistent()) {
            boolean upgrade = fields.contains(Headers.UPGRADE);
            fields.put(Headers.CONNECTION, upgrade ? "Upgrade, close" : "close");
        } else if (state.head().http10()) {
            fields.put(Headers.CONNECTION, "keep-alive");
        }
    }
}
