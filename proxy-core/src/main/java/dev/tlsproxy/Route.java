package dev.tlsproxy;

import dev.tlsproxy.internal.names.HostPattern;
import dev.tlsproxy.internal.upstream.UpstreamAddress;
import dev.tlsproxy.internal.upstream.UpstreamGroup;
import dev.tlsproxy.spi.ExchangeFilter;
import dev.tlsproxy.spi.UpgradeHandler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Which requests go to which upstreams. Immutable: each method returns a new route.
 *
 * <p>A request's host chooses first: the exact pattern, else the wildcard, else the default. Of the routes with that host
 * pattern the one with the longest matching path prefix wins; where none matches the answer is 404, and no wildcard or
 * default route is looked at.
 */
public final class Route {

    private static final Duration DEFAULT_RESPONSE_TIMEOUT = Duration.ofSeconds(60);
    private static final UpgradeHandler ALL_UPGRADES = exchange -> UpgradeHandler.Decision.pass();

    private final HostPattern host;
    private final String pathPrefix;
    private final List<Upstream> upstreams;
    private final boolean stripPrefix;
    private final Duration responseTimeout;
    private final long maxRequestBody;
    private final List<ExchangeFilter> filters;
    private final UpgradeHandler upgrades;
    private final Sharing sharing;

    private Route(
            HostPattern host,
            String pathPrefix,
            List<Upstream> upstreams,
            boolean stripPrefix,
            Duration responseTimeout,
            long maxRequestBody,
            List<ExchangeFilter> filters,
            UpgradeHandler upgrades,
            Sharing sharing) {
        this.host = host;
        this.pathPrefix = pathPrefix;
        this.upstreams = List.copyOf(upstreams);
        this.stripPrefix = stripPrefix;
        this.responseTimeout = responseTimeout;
        this.maxRequestBody = maxRequestBody;
        this.filters = List.copyOf(filters);
        this.upgrades = upgrades;
        this.sharing = sharing;
    }

    /**
     * A route without upstreams yet.
     *
     * @param pattern a host and, if wanted, a path prefix: {@code api.example.com}, {@code *.example.com} (one label),
     *     {@code *} (every other host), {@code example.com/api}. A prefix matches whole segments: {@code /api} is for
     *     {@code /api} and {@code /api/v1}, not for {@code /apis}. Unicode names and upper case are brought to their
     *     normal form
     * @return the route
     * @throws IllegalArgumentException when the pattern is none of these
     */
    public static Route of(String pattern) {
        Objects.requireNonNull(pattern, "pattern");
        int slash = pattern.indexOf('/');
        String hostText = slash < 0 ? pattern : pattern.substring(0, slash);
        String path = slash < 0 ? "" : pattern.substring(slash).replaceAll("/+$", "");
        HostPattern host = HostPattern.parse(hostText)
                .orElseThrow(() -> new IllegalArgumentException("route: \"" + pattern
                        + "\" (expected: HOST, *.HOST or *, each with an optional /PATH; no scheme, no port)"));
        if (!path.matches("(/[A-Za-z0-9._~!$&'()*+,=:@-]+)*") || path.matches(".*/\\.{1,2}(/.*)?")) {
            throw new IllegalArgumentException("route: \"" + pattern
                    + "\" (expected: a path of plain segments, without %-escapes, \"//\", \".\" and \"..\")");
        }
        return new Route(
                host, path, List.of(), false, DEFAULT_RESPONSE_TIMEOUT, -1, List.of(), ALL_UPGRADES, Sharing.DEFAULT);
    }

    /**
     * Adds upstreams. With more than one, requests go to each in turn or as {@link #balance} says. One that can't be
     * connected to, or does not begin its response in time three times in a row, is skipped: for 1 s at first, for up to 60 s
     * when trying it again fails again. Where none is left, those that would be skipped are tried all the same.
     *
     * @param uris as for {@link Upstream#of}
     * @return a new route
     * @throws IllegalArgumentException when a URI is malformed
     */
    public Route to(String... uris) {
        Route route = this;
        for (String uri : uris) {
            route = route.to(Upstream.of(uri));
        }
        return route;
    }

    /**
     * Adds an upstream.
     *
     * @param upstream the upstream
     * @return a new route
     * @throws IllegalStateException when the route has an upstream at that URI
     */
    public Route to(Upstream upstream) {
        if (upstreams.stream().anyMatch(other -> other.uri().equals(upstream.uri()))) {
            throw new IllegalStateException("route \"" + name() + "\" already has upstream " + upstream);
        }
        List<Upstream> all = new ArrayList<>(upstreams);
        all.add(upstream);
        return new Route(
                host, pathPrefix, all, stripPrefix, responseTimeout, maxRequestBody, filters, upgrades, sharing);
    }

    /**
     * Takes the path prefix off the upstream request: with {@code example.com/api}, {@code /api/v1?x} reaches the
     * upstream as {@code /v1?x}. The client's path is told to the upstream in {@code X-Forwarded-Prefix}.
     *
     * @return a new route
     * @throws IllegalStateException when the route has no path prefix
     */
    public Route stripPrefix() {
        if (pathPrefix.isEmpty()) {
            throw new IllegalStateException(
                    "stripPrefix() on route \"" + name() + "\" (expected: a route with a path)");
        }
        return new Route(
                host, pathPrefix, upstreams, true, responseTimeout, maxRequestBody, filters, upgrades, sharing);
    }

    /**
     * Sets how long an upstream may take to begin its response, once the request is sent. There is no limit on the whole
     * of a response.
     *
     * @param timeout 1 ms to 1 day; default 60 s
     * @return a new route
     * @throws IllegalArgumentException when out of range
     */
    public Route responseTimeout(Duration timeout) {
        return new Route(
                host,
                pathPrefix,
                upstreams,
                stripPrefix,
                Timeouts.checked("responseTimeout", timeout),
                maxRequestBody,
                filters,
                upgrades,
                sharing);
    }

    /**
     * Refuses larger request bodies with 413.
     *
     * @param bytes 0 or more; by default there is no limit
     * @return a new route
     * @throws IllegalArgumentException when negative
     */
    public Route maxRequestBody(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("maxRequestBody: " + bytes + " (expected: 0 or more bytes)");
        }
        return new Route(host, pathPrefix, upstreams, stripPrefix, responseTimeout, bytes, filters, upgrades, sharing);
    }

    /**
     * Adds a filter, after those that are there and after those of {@link TlsProxyBuilder#filter}.
     *
     * @param filter the filter
     * @return a new route
     */
    public Route filter(ExchangeFilter filter) {
        List<ExchangeFilter> all = new ArrayList<>(filters);
        all.add(Objects.requireNonNull(filter, "filter"));
        return new Route(
                host, pathPrefix, upstreams, stripPrefix, responseTimeout, maxRequestBody, all, upgrades, sharing);
    }

    /**
     * Lets a handler decide on requests to upgrade to WebSocket. By default all pass.
     *
     * @param handler the handler, in place of the one that is there
     * @return a new route
     */
    public Route upgrades(UpgradeHandler handler) {
        Objects.requireNonNull(handler, "handler");
        return new Route(
                host, pathPrefix, upstreams, stripPrefix, responseTimeout, maxRequestBody, filters, handler, sharing);
    }

    /**
     * Sets how requests are shared out among several upstreams.
     *
     * @param balance the way; default {@link Balance#ROUND_ROBIN}
     * @return a new route
     */
    public Route balance(Balance balance) {
        Objects.requireNonNull(balance, "balance");
        return sharing(new Sharing(balance, sharing.check(), sharing.slowStart()));
    }

    /**
     * Checks the upstreams while the proxy runs, and skips those that fail. By default there are no checks.
     *
     * @param check what is asked, in place of the check that is there
     * @return a new route
     */
    public Route healthCheck(HealthCheck check) {
        return sharing(new Sharing(sharing.balance(), Optional.of(check), sharing.slowStart()));
    }

    /**
     * Gives an upstream that was down and is up again its share of requests little by little: from none to all of it,
     * linearly. Without effect on {@link Balance#CLIENT_ADDRESS_HASH}, and while no other upstream is up.
     *
     * @param time 1 ms to 1 day; by default it takes its share at once
     * @return a new route
     * @throws IllegalArgumentException when out of range
     */
    public Route slowStart(Duration time) {
        return sharing(new Sharing(sharing.balance(), sharing.check(), Timeouts.checked("slowStart", time)));
    }

    private Route sharing(Sharing next) {
        return new Route(
                host, pathPrefix, upstreams, stripPrefix, responseTimeout, maxRequestBody, filters, upgrades, next);
    }

    /** The pattern in normal form: {@code *.example.com/api}. */
    String name() {
        return host.text() + pathPrefix;
    }

    HostPattern host() {
        return host;
    }

    String pathPrefix() {
        return pathPrefix;
    }

    List<Upstream> upstreams() {
        return upstreams;
    }

    boolean stripsPrefix() {
        return stripPrefix;
    }

    Duration responseTimeout() {
        return responseTimeout;
    }

    long maxRequestBody() {
        return maxRequestBody;
    }

    List<ExchangeFilter> filters() {
        return filters;
    }

    UpgradeHandler upgrades() {
        return upgrades;
    }

    UpstreamGroup group(List<UpstreamAddress> addresses) {
        return new UpstreamGroup(
                addresses,
                sharing.balance().choice(),
                sharing.check().map(HealthCheck::toConfig).orElse(null),
                sharing.slowStart());
    }

    @Override
    public String toString() {
        return name() + " -> " + upstreams;
    }

    /** What only routes with several upstreams need. */
    private record Sharing(Balance balance, Optional<HealthCheck> check, Duration slowStart) {
        static final Sharing DEFAULT = new Sharing(Balance.ROUND_ROBIN, Optional.empty(), Duration.ZERO);
    }
}
