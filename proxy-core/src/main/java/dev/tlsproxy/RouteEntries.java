package dev.tlsproxy;

import dev.tlsproxy.internal.http.RouteEntry;
import dev.tlsproxy.internal.http.RouteTable;
import dev.tlsproxy.internal.tls.ClientTls;
import dev.tlsproxy.internal.upstream.UpstreamAddress;
import dev.tlsproxy.internal.upstream.UpstreamGroup;
import dev.tlsproxy.spi.ExchangeFilter;
import java.net.URI;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns the user's routes into those of the pipeline. A route or upstream that did not change is the same object as
 * before, by which its connections and tunnels go on. Immutable.
 */
final class RouteEntries {

    private final Map<String, RouteEntry> byName;
    private final Map<Place, UpstreamAddress> addresses;

    private RouteEntries(Map<String, RouteEntry> byName, Map<Place, UpstreamAddress> addresses) {
        this.byName = Collections.unmodifiableMap(byName);
        this.addresses = addresses;
    }

    static RouteEntries of(Serving serving) {
        return new RouteEntries(Map.of(), Map.of()).then(serving);
    }

    /** The next ones. */
    RouteEntries then(Serving serving) {
        Map<Place, UpstreamAddress> places = new HashMap<>();
        Map<String, RouteEntry> next = new LinkedHashMap<>();
        serving.routes().forEach((name, route) -> {
            List<UpstreamAddress> upstreams = route.upstreams().stream()
                    .map(upstream -> places.computeIfAbsent(Place.of(upstream, serving), this::address))
                    .toList();
            RouteEntry entry = entry(route, serving.filters(), route.group(upstreams));
            RouteEntry present = byName.get(name);
            next.put(name, entry.equals(present) ? present : entry);
        });
        return new RouteEntries(next, places);
    }

    private UpstreamAddress address(Place place) {
        UpstreamAddress present = addresses.get(place);
        if (present != null) {
            return present;
        }
        return new UpstreamAddress(
                place.uri(),
                place.tls() ? ClientTls.upstream(place.trusted()) : null,
                place.proxyProtocol() == null ? null : place.proxyProtocol().version());
    }

    private static RouteEntry entry(Route route, List<ExchangeFilter> ofEveryRoute, UpstreamGroup upstreams) {
        List<ExchangeFilter> filters = new ArrayList<>(ofEveryRoute);
        filters.addAll(route.filters());
        return new RouteEntry(
                route.host(),
                route.pathPrefix(),
                route.stripsPrefix(),
                upstreams,
                route.responseTimeout(),
                route.maxRequestBody(),
                filters,
                route.upgrades());
    }

    /** By route name, in order. */
    Map<String, RouteEntry> byName() {
        return byName;
    }

    RouteTable table() {
        return RouteTable.of(List.copyOf(byName.values()));
    }

    Collection<UpstreamGroup> groups() {
        return byName.values().stream().map(RouteEntry::upstreams).toList();
    }

    /** What makes two upstreams the same. */
    private record Place(
            URI uri,
            boolean tls,
            List<X509Certificate> trusted,
            @Nullable ProxyProtocol proxyProtocol) {
        static Place of(Upstream upstream, Serving serving) {
            return new Place(
                    upstream.uri(),
                    upstream.isTls(),
                    serving.upstreamTrust().getOrDefault(upstream, List.of()),
                    upstream.proxyProtocol());
        }
    }
}
