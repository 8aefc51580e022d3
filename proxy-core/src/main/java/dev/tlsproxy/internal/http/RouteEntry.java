package dev.tlsproxy.internal.http;

import dev.tlsproxy.internal.names.HostPattern;
import dev.tlsproxy.internal.upstream.UpstreamGroup;
import dev.tlsproxy.spi.ExchangeFilter;
import dev.tlsproxy.spi.UpgradeHandler;
import java.time.Duration;
import java.util.List;

/**
 * One route, ready to serve.
 *
 * @param host the hosts it is for
 * @param pathPrefix the path prefix it is for, matched on segment borders: empty for every path, else it begins with a
 *     slash and does not end with one
 * @param stripPrefix whether the prefix is taken off the upstream request's path
 * @param upstreams where its requests go
 * @param responseHeadTimeout how long an upstream may take to begin its response
 * @param maxRequestBody largest request body in bytes; -1 for no limit
 * @param filters its filters, in order
 * @param upgrades decides on requests to upgrade to WebSocket
 */
public record RouteEntry(
        HostPattern host,
        String pathPrefix,
        boolean stripPrefix,
        UpstreamGroup upstreams,
        Duration responseHeadTimeout,
        long maxRequestBody,
        List<ExchangeFilter> filters,
        UpgradeHandler upgrades) {

    /** Copies the list. */
    public RouteEntry {
        filters = List.copyOf(filters);
    }

    /**
     * The route as messages show it.
     *
     * @return host pattern and path prefix, such as {@code *.example.com/api}
     */
    public String name() {
        return host.text() + pathPrefix;
    }
}
