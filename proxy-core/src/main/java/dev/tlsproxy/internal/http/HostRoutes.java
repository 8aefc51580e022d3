package dev.tlsproxy.internal.http;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The routes of one host pattern. Paths are compared as they came, segment by segment. Upstreams decode and normalise
 * them in ways of their own, so a path that names another route once it is decoded, or may after normalising, is refused;
 * without path routes there is nothing to slip past, and every path passes.
 */
final class HostRoutes {

    private final Map<String, RouteEntry> byPrefix;
    private final int deepest;

    private HostRoutes(Map<String, RouteEntry> byPrefix, int deepest) {
        this.byPrefix = byPrefix;
        this.deepest = deepest;
    }

    static HostRoutes of(List<RouteEntry> entries) {
        Map<String, RouteEntry> byPrefix = new HashMap<>();
        int deepest = 0;
        for (RouteEntry entry : entries) {
            if (byPrefix.putIfAbsent(entry.pathPrefix(), entry) != null) {
                throw new IllegalArgumentException("route: \"" + entry.name() + "\" (expected: each route once)");
            }
            deepest = Math.max(deepest, (int)
                    entry.pathPrefix().chars().filter(c -> c == '/').count());
        }
        return new HostRoutes(byPrefix, deepest);
    }

    /**
     * @throws Refusal 400 for a path that is ambiguous
     */
    @Nullable
    RouteEntry find(String rawPath) {
        if (deepest == 0) {
            return byPrefix.get("");
        }
        RouteEntry found = longest(rawPath);
        if (AmbiguousPath.isCandidate(rawPath)) {
            String canonical = AmbiguousPath.canonical(rawPath);
            if (canonical == null || !Objects.equals(longest(canonical), found)) {
                throw Refusal.badRequest("ambiguous path");
            }
        }
        return found;
    }

    private @Nullable RouteEntry longest(String path) {
        RouteEntry found = byPrefix.get("");
        int end = 0;
        for (int depth = 1; depth <= deepest && end < path.length(); depth++) {
            int slash = path.indexOf('/', end + 1);
            end = slash < 0 ? path.length() : slash;
            RouteEntry longer = byPrefix.get(path.substring(0, end));
            found = longer != null ? longer : found;
        }
        return found;
    }
}
