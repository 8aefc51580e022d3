package dev.tlsproxy;

import dev.tlsproxy.internal.http.RouteTable;
import dev.tlsproxy.internal.names.HostName;
import java.util.Set;
import java.util.function.Predicate;

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

    /** Which names' certificates have a place in the table. */
    Predicate<String> served() {
        Set<String> all = names.all();
        return name -> all.contains(name) || onDemand && routes.servesByPattern(name) && !HostName.isLocal(name);
    }
}
