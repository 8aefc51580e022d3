package dev.tlsproxy;

import dev.tlsproxy.internal.http.RouteEntry;
import dev.tlsproxy.internal.tls.ClientTls;
import dev.tlsproxy.internal.upstream.UpstreamAddress;
import dev.tlsproxy.internal.upstream.UpstreamGroup;
import dev.tlsproxy.spi.ExchangeFilter;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

/** Turns the user's routes into those of the pipeline. */
final class RouteEntries {

    private RouteEntries() {}

    static List<RouteEntry> of(ProxyConfig config) {
        return config.routes().stream().map(route -> entry(route, config)).toList();
    }

    private static RouteEntry entry(Route route, ProxyConfig config) {
        List<ExchangeFilter> filters = new ArrayList<>(config.filters());
        filters.addAll(route.filters());
        return new RouteEntry(
                route.host(),
                route.pathPrefix(),
                route.stripsPrefix(),
                new UpstreamGroup(route.upstreams().stream()
                        .map(upstream -> address(upstream, config))
                        .toList()),
                route.responseTimeout(),
                route.maxRequestBody(),
                filters,
                route.upgrades());
    }

    private static UpstreamAddress address(Upstream upstream, ProxyConfig config) {
        List<X509Certificate> extra = config.upstreamTrust().getOrDefault(upstream, List.of());
        return new UpstreamAddress(upstream.uri(), upstream.isTls() ? ClientTls.upstream(extra) : null);
    }
}
