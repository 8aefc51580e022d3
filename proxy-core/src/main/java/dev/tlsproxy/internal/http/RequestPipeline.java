package dev.tlsproxy.internal.http;

import dev.tlsproxy.internal.upstream.UpstreamCall;
import dev.tlsproxy.spi.NegotiatedTls;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.ResponseCodeHandler;
import io.undertow.server.handlers.proxy.ProxyClient;
import io.undertow.server.handlers.proxy.ProxyHandler;
import io.undertow.util.HeaderMap;
import java.net.InetAddress;
import java.time.Duration;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The root handler of the HTTPS listener: the way of a request from its head to ProxyHandler. The way back begins in
 * {@link ExchangeCall#responseHead}. Runs on I/O threads and never blocks. Thread-safe.
 */
public final class RequestPipeline implements HttpHandler {

    private static final Logger LOG = LoggerFactory.getLogger(RequestPipeline.class);

    private final PipelineConfig config;
    private final Function<HttpServerExchange, NegotiatedTls> tls;
    private final HttpHandler proxyHandler;
    private volatile Live live;

    /**
     * A pipeline.
     *
     * @param config what it is built from
     * @param proxyClient the upstream room: finds {@link UpstreamCall} attached to each exchange
     */
    public RequestPipeline(PipelineConfig config, ProxyClient proxyClient) {
        this(config, proxyClient, ConnectionTls::of);
    }

    RequestPipeline(PipelineConfig config, ProxyClient proxyClient, Function<HttpServerExchange, NegotiatedTls> tls) {
        this.config = config;
        this.tls = tls;
        this.live = new Live(
                config.routes(), newForwarding(config.forwarded()), config.bodyIdle(), newSweeps(config.bodyIdle()));
        // The pool has its own retries and time-outs: ProxyHandler adds none, and never a 404 for a missing upstream.
        this.proxyHandler = ProxyHandler.builder()
                .setProxyClient(proxyClient)
                .setMaxRequestTime(-1)
                .setMaxConnectionRetries(0)
                .setNext(ResponseCodeHandler.HANDLE_500)
                .build();
    }

    /**
     * Puts other routes and policies in place of those there are, in one step. Exchanges under way go on under those they
     * began with.
     *
     * @param routes where requests go
     * @param forwarded how upstreams learn who the client is
     * @param bodyIdle how long a request or response body may make no progress; positive
     */
    public void change(RouteTable routes, ForwardedConfig forwarded, Duration bodyIdle) {
        IdleSweeps sweeps = live.bodyIdle().equals(bodyIdle) ? live.sweeps() : newSweeps(bodyIdle);
        live = new Live(routes, newForwarding(forwarded), bodyIdle, sweeps);
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        RequestHead head = RequestHead.of(exchange);
        Live now = live;
        ExchangeState state = ExchangeState.begin(exchange, head, tls.apply(exchange), config, now.sweeps());
        try {
            state.admit();
            Authority asked = state.asked(RequestRules.check(head, state.serverName()));
            state.requireCovered(asked.host(), config.covers());
            RouteEntry route = state.routed(now.routes().find(asked.host(), head.path()));
            boolean upgrade = HopHeaders.asksForWebSocket(head);
            HeaderMap upstreamRequest = HopHeaders.upstreamRequest(head, upgrade);
            UpstreamTarget target = UpstreamTarget.of(head.originForm(), route);
            InetAddress client = now.forwarding().apply(upstreamRequest, state.peer(), asked, target.strippedPrefix());
            FilteredExchange filtered = state.filtered(route, upstreamRequest, client);
            RequestBody.limit(state, FramingRules.contentLength(head), route.maxRequestBody());
            if (filtered.request()) {
                LocalResponse.send(state, filtered.answer());
                return;
            }
            if (upgrade) {
                state.upgrading(route, filtered.requireUpgrade(route.upgrades()));
            }
            exchange.putAttachment(
                    UpstreamCall.KEY, new ExchangeCall(state, route, target.text(), upstreamRequest, upgrade));
            // ProxyHandler would copy a client certificate, which costs two exceptions where there is none.
            exchange.getConnection().setSslSessionInfo(null);
            proxyHandler.handleRequest(exchange);
        } catch (Refusal refusal) {
            GatewayError.answer(state, refusal);
        } catch (Exception e) {
            LOG.error("request on route {} failed", state.routeName(), e);
            GatewayError.answer(state, new Refusal(500, "internal error"));
        }
    }

    private ForwardingHeaders newForwarding(ForwardedConfig forwarded) {
        return new ForwardingHeaders(forwarded, config.publicPort());
    }

    private IdleSweeps newSweeps(Duration bodyIdle) {
        return new IdleSweeps(bodyIdle, config.nanos());
    }

    /** What a change replaces: one exchange sees one of these only. */
    private record Live(RouteTable routes, ForwardingHeaders forwarding, Duration bodyIdle, IdleSweeps sweeps) {}
}
