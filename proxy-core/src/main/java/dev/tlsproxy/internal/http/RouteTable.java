package dev.tlsproxy.internal.http;

import dev.tlsproxy.internal.names.HostPattern;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds the route of a request: first the host (exact, then the wildcard one label up, then the default), then among the
 * routes of that host pattern the longest path prefix. A host pattern that matches but has no route for the path ends the
 * search: its requests never fall through to a wildcard or default route, whose upstreams were not meant for them.
 *
 * <p>Immutable. A look-up costs a few hash look-ups, however many hosts there are.
 */
public final class RouteTable {

    private final Map<String, HostRoutes> byPattern;
    private final @Nullable HostRoutes byDefault;

    private RouteTable(Map<String, HostRoutes> byPattern) {
        this.byPattern = byPattern;
        this.byDefault = byPattern.get(HostPattern.ANY.text());
    }

    /**
     * A table of routes.
     *
     * @param routes any number, in any order
     * @return the table
     * @throws IllegalArgumentException when two have the same host pattern and path prefix
     */
    public static RouteTable of(List<RouteEntry> routes) {
        Map<String, List<RouteEntry>> grouped = new LinkedHashMap<>();
        for (RouteEntry route : routes) {
            grouped.computeIfAbsent(route.host().text(), key -> new ArrayList<>(1))
                    .add(route);
        }
        Map<String, HostRoutes> byPattern = new HashMap<>(grouped.size() * 2);
        grouped.forEach((pattern, entries) -> byPattern.put(pattern, HostRoutes.of(entries)));
        return new RouteTable(byPattern);
    }

    /**
     * Tells whether a host has no routes of its own and a wildcard or the default route serves it.
     *
     * @param host a host in normal form
     * @return true for such a host
     */
    public boolean servesByPattern(String host) {
        return !byPattern.containsKey(host)
                && (byDefault != null
                        || HostPattern.wildcardOf(host)
                                .filter(byPattern::containsKey)
                                .isPresent());
    }

    /**
     * Finds a route.
     *
     * @param host a host in normal form
     * @param rawPath the path as the client sent it, without the query; {@code *} for asterisk-form
     * @return the route, or empty where there is none
     * @throws RuntimeException a refusal with 400, where the host has path routes and the path could be read as one of
     *     another route
     */
    public Optional<RouteEntry> find(String host, String rawPath) {
        HostRoutes routes = byPattern.get(host);
        if (routes == null) {
            routes = HostPattern.wildcardOf(host).map(byPattern::get).orElse(byDefault);
        }
        return routes == null ? Optional.empty() : Optional.ofNullable(routes.find(rawPath));
    }
}
