package dev.tlsproxy.internal.http;

import dev.tlsproxy.spi.ExchangeSummary;
import dev.tlsproxy.spi.NegotiatedTls;
import dev.tlsproxy.spi.Tunnel.Side;
import dev.tlsproxy.spi.TunnelFilter;
import io.undertow.server.DefaultResponseListener;
import io.undertow.server.ExchangeCompletionListener;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.Methods;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.IoUtils;

/** What is known of one exchange, from its request head to its end. Used on its I/O thread. */
final class ExchangeState implements ExchangeCompletionListener, DefaultResponseListener {

    private static final Logger LOG = LoggerFactory.getLogger(ExchangeState.class);

    private final HttpServerExchange exchange;
    private final RequestHead head;
    private final NegotiatedTls tls;
    private final PipelineConfig config;
    private final ClientConnection connection;
    private final BodyWatch bodies;
    private final InetAddress peer;
    private final long begun;

    private String host = "";
    private InetAddress client;
    private @Nullable RouteEntry route;
    private @Nullable FilteredExchange filtered;
    private @Nullable TunnelSlot tunnel;
    private @Nullable Refusal failure;
    private boolean gone;
    private boolean ended;

    private ExchangeState(
            HttpServerExchange exchange,
            RequestHead head,
            NegotiatedTls tls,
            PipelineConfig config,
            IdleSweeps sweeps) {
        this.exchange = exchange;
        this.head = head;
        this.tls = tls;
        this.config = config;
        this.connection = ClientConnection.of(exchange.getConnection());
        this.bodies = new BodyWatch(this, sweeps);
        this.peer = exchange.getSourceAddress().getAddress();
        this.client = peer;
        this.begun = config.nanos().getAsLong();
    }

    /** Counts the exchange, and listens for its end. */
    static ExchangeState begin(
            HttpServerExchange exchange,
            RequestHead head,
            NegotiatedTls tls,
            PipelineConfig config,
            IdleSweeps sweeps) {
        ExchangeState state = new ExchangeState(exchange, head, tls, config, sweeps);
        config.inFlight().begin();
        state.connection.begin(state);
        exchange.addExchangeCompleteListener(state);
        exchange.addDefaultResponseListener(state);
        state.bodies.begin();
        // Undertow logs the request URI when an upstream fails; it may hold a key.
        exchange.setRequestURI("/", false);
        exchange.setQueryString("");
        return state;
    }

    /**
     * Refuses what the client has too much of under way, and new tunnels while the proxy closes. Other requests that still
     * come then were sent before the client knew (RFC 9113 section 6.8).
     */
    void admit() {
        if (HopHeaders.asksToClose(head.fields())) {
            exchange.setPersistent(false);
        }
        if (connection.flooded()) {
            throw new Refusal(Refusal.CLIENT_LEFT, "flood of concurrent requests");
        }
        if (connection.overLimit()) {
            throw new Refusal(503, "too many concurrent requests on this connection");
        }
        if (config.inFlight().draining() && HopHeaders.asksForWebSocket(head)) {
            throw new Refusal(503, "proxy is closing");
        }
    }

    /** The SNI name, empty text for none. */
    String serverName() {
        return tls.serverName().orElse("");
    }

    Authority asked(Authority asked) {
        host = asked.host();
        return asked;
    }

    /**
     * RFC 9110 section 15.5.20: HTTP/2 clients send requests for other hosts on a connection whose certificate covers
     * them, and only then.
     */
    void requireCovered(String host, BiPredicate<String, String> covers) {
        if (!host.equals(serverName()) && !connection.covered(host) && !covers.test(serverName(), host)) {
            throw new Refusal(421, "host is not covered by the certificate of this connection");
        }
        connection.rememberCovered(host);
    }

    RouteEntry routed(Optional<RouteEntry> found) {
        RouteEntry entry = found.orElseThrow(() -> new Refusal(404, "no route"));
        route = entry;
        return entry;
    }

    FilteredExchange filtered(RouteEntry route, HeaderMap upstreamRequest, InetAddress client) {
        this.client = client;
        FilteredExchange created = new FilteredExchange(this, route, upstreamRequest);
        filtered = created;
        return created;
    }

    /** The request to upgrade may pass. */
    void upgrading(RouteEntry route, Optional<TunnelFilter> filter) {
        tunnel = TunnelSlot.take(config.tunnels(), this, route, filter.orElse(null));
    }

    /** Null where the request does not ask for an upgrade that may pass. */
    @Nullable
    TunnelSlot tunnel() {
        return tunnel;
    }

    HttpServerExchange exchange() {
        return exchange;
    }

    RequestHead head() {
        return head;
    }

    NegotiatedTls tls() {
        return tls;
    }

    String host() {
        return host;
    }

    InetAddress peer() {
        return peer;
    }

    InetAddress client() {
        return client;
    }

    String routeName() {
        return route == null ? "(none)" : route.name();
    }

    BodyWatch bodies() {
        return bodies;
    }

    boolean draining() {
        return config.inFlight().draining();
    }

    /** The filters that take part; null before the route is found. */
    @Nullable
    FilteredExchange filtered() {
        return filtered;
    }

    /** Remembers why the exchange is about to fail; the first cause counts. */
    void fail(Refusal cause) {
        if (failure == null) {
            failure = cause;
        }
    }

    /** Ends a response that has begun so that the client can tell it from a complete one. */
    void cut(Refusal cause) {
        fail(cause);
        IoUtils.safeClose(exchange.getConnection());
        bodies.cut();
        abandon();
    }

    /** ProxyHandler ends an exchange that failed without a body, with 503 or 500; this gives it its real status. */
    @Override
    public boolean handleDefaultResponse(HttpServerExchange exchange) {
        if (gone
                || !exchange.isResponseChannelAvailable()
                || !exchange.getConnection().isOpen()) {
            return false;
        }
        Refusal cause = failure;
        if (cause != null && cause.status() == Refusal.CLIENT_LEFT) {
            return false;
        }
        if (cause == null && exchange.getStatusCode() < 400) {
            return false;
        }
        GatewayError.answer(this, cause != null ? cause : new Refusal(502, "upstream failed"));
        return true;
    }

    @Override
    public void exchangeEvent(HttpServerExchange exchange, NextListener nextListener) {
        try {
            if (exchange.isUpgrade()) {
                leave();
            } else {
                finish();
            }
        } finally {
            nextListener.proceed();
        }
    }

    /** Ends an exchange whose connection or stream is gone, so that the upstream room hears of it as well. */
    void abandon() {
        gone = true;
        exchange.endExchange();
        finish();
    }

    /** The end, told once: by Undertow, by the closing client connection, or by a stream that broke. */
    void finish() {
        if (!ended) {
            leave();
            ended = true;
            connection.end(this);
            report();
            if (tunnel != null) {
                tunnel.exchangeEnded();
            }
        }
    }

    /** The end of request and response; a tunnel goes on after it. */
    private void leave() {
        if (bodies.end()) {
            config.inFlight().end();
        }
    }

    private void report() {
        try {
            config.events().exchangeEnded(summary());
        } catch (RuntimeException e) {
            LOG.error("ProxyEvents.exchangeEnded failed", e);
        }
    }

    private ExchangeSummary summary() {
        boolean upgraded = exchange.isUpgrade();
        boolean started = exchange.isResponseStarted();
        if (!started) {
            fail(new Refusal(Refusal.CLIENT_LEFT, "client left before the response"));
        } else if (!upgraded && !bodies.responseEnded()) {
            fail(new Refusal(Refusal.CLIENT_LEFT, "response was cut"));
        }
        return new ExchangeSummary(
                Optional.ofNullable(route).map(RouteEntry::name),
                host,
                head.method(),
                head.target(),
                exchange.getProtocol().toString(),
                started ? exchange.getStatusCode() : 0,
                Optional.ofNullable(failure).map(Refusal::reason),
                requestBytes(),
                responseBytes(),
                Duration.ofNanos(config.nanos().getAsLong() - begun),
                upgraded,
                client,
                tls);
    }

    private long requestBytes() {
        return bodies.requestBytes() + (tunnel == null ? 0 : tunnel.received(Side.CLIENT));
    }

    private long responseBytes() {
        if (exchange.getRequestMethod().equals(Methods.HEAD)) {
            return 0;
        }
        return bodies.responseBytes() + (tunnel == null ? 0 : tunnel.sent(Side.CLIENT));
    }
}
