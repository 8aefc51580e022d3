package dev.tlsproxy.internal.http;

import dev.tlsproxy.spi.ExchangeFilter;
import dev.tlsproxy.spi.HeaderFields;
import dev.tlsproxy.spi.NegotiatedTls;
import dev.tlsproxy.spi.TunnelFilter;
import dev.tlsproxy.spi.UpgradeHandler;
import io.undertow.util.HeaderMap;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The exchange as the filters of its route see it, and the filters' turns. */
final class FilteredExchange implements ExchangeFilter.Exchange {

    private final ExchangeState state;
    private final RouteEntry route;
    private final HeaderFields upstreamRequest;
    private HeaderFields clientResponse = new HeaderMapFields(new HeaderMap());
    private LocalResponse.@Nullable Answer answer;
    private boolean requesting;
    private int seen;
    private int status;

    FilteredExchange(ExchangeState state, RouteEntry route, HeaderMap upstreamRequest) {
        this.state = state;
        this.route = route;
        this.upstreamRequest = new HeaderMapFields(upstreamRequest);
    }

    /**
     * Runs the filters for the request, in order.
     *
     * @return whether one of them answered
     */
    boolean request() {
        requesting = true;
        List<ExchangeFilter> filters = route.filters();
        while (answer == null && seen < filters.size()) {
            filters.get(seen++).request(this);
        }
        requesting = false;
        return answer != null;
    }

    LocalResponse.Answer answer() {
        if (answer == null) {
            throw new IllegalStateException("answer() before a filter answered");
        }
        return answer;
    }

    /**
     * Asks the route's handler about an upgrade.
     *
     * @return what stands in the tunnel; empty for nothing
     * @throws Refusal where it says no
     */
    Optional<TunnelFilter> requireUpgrade(UpgradeHandler handler) {
        UpgradeHandler.Decision decision = handler.decide(this);
        decision.refusal().ifPresent(status -> {
            String reason = decision.reason().isEmpty() ? "upgrade refused" : decision.reason();
            throw new Refusal(status, reason, decision.fields());
        });
        return decision.filter();
    }

    /** Runs the filters that saw the request for its response, in reverse order; each of them once. */
    void response(int status, HeaderMap fields) {
        this.status = status;
        this.clientResponse = new HeaderMapFields(fields);
        while (seen > 0) {
            route.filters().get(--seen).response(this);
        }
    }

    @Override
    public String method() {
        return state.head().method();
    }

    @Override
    public String target() {
        return state.head().originForm();
    }

    @Override
    public String host() {
        return state.host();
    }

    @Override
    public String route() {
        return route.name();
    }

    @Override
    public InetAddress clientAddress() {
        return state.client();
    }

    @Override
    public String httpVersion() {
        return state.head().protocol().toString();
    }

    @Override
    public NegotiatedTls tls() {
        return state.tls();
    }

    @Override
    public HeaderFields upstreamRequest() {
        return upstreamRequest;
    }

    @Override
    public HeaderFields clientResponse() {
        return clientResponse;
    }

    @Override
    public int status() {
        return status;
    }

    @Override
    public void respond(int status, String contentType, byte[] body) {
        if (!requesting) {
            throw new IllegalStateException("respond() outside of ExchangeFilter.request");
        }
        if (answer != null) {
            throw new IllegalStateException("respond() was already called");
        }
        if (status < 200 || status > 599) {
            throw new IllegalArgumentException("status: " + status + " (expected: 200..599)");
        }
        if (!FieldRules.isValue(contentType, false)) {
            throw new IllegalArgumentException("contentType (expected: a media type without CR, LF and NUL)");
        }
        answer = new LocalResponse.Answer(status, contentType, body.clone());
    }
}
