package dev.tlsproxy;

import dev.tlsproxy.internal.http.RouteEntry;
import dev.tlsproxy.internal.http.RouteTable;
import dev.tlsproxy.internal.names.HostName;
import dev.tlsproxy.internal.upstream.UpstreamAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What a running proxy serves at one time. Immutable, swapped as a whole.
 *
 * @param serving as the user said it
 * @param names who gets which certificate
 * @param entries the pipeline's routes
 * @param routes their table
 * @param onDemand whether a certificate manager may serve other names of the routes too
 */
record Live(Serving serving, ServedNames names, RouteEntries entries, RouteTable routes, boolean onDemand) {

    static Live first(ProxyConfig config) {
        return of(config, config.serving(), RouteEntries.of(config.serving()));
    }

    Live then(ProxyConfig config, Serving next) {
        return of(config, next, entries.then(next));
    }

    private static Live of(ProxyConfig config, Serving serving, RouteEntries entries) {
        return new Live(
                serving,
                ServedNames.of(serving, config.acme().isPresent()),
                entries,
                entries.table(),
                OnDemand.isServed(config));
    }

    /** Whether a tunnel goes on, by the route that has the name of its own now. */
    boolean keeps(RouteEntry openedUnder, Optional<UpstreamAddress> upstream) {
        return keeps(openedUnder, entries.byName().get(openedUnder.name()), upstream);
    }

    /**
     * Whether a tunnel goes on: its route is as it was, or still has the tunnel's upstream and an equal upgrade handler. One that
     * is still being opened may get any of its route's upstreams.
     */
    @SuppressWarnings("ReferenceEquality") // a route that did not change is the same object
    static boolean keeps(RouteEntry openedUnder, @Nullable RouteEntry now, Optional<UpstreamAddress> upstream) {
        if (now == null || now == openedUnder) {
            return now != null;
        }
        List<UpstreamAddress> possible =
                upstream.map(List::of).orElse(openedUnder.upstreams().addresses());
        return now.upgrades().equals(openedUnder.upgrades())
                && now.upstreams().addresses().containsAll(possible);
    }

    /** Which names' certificates have a place in the table. */
    Predicate<String> served() {
        Set<String> all = names.all();
        return name -> all.contains(name) || (onDemand && routes.servesByPattern(name) && !HostName.isLocal(name));
    }
}
