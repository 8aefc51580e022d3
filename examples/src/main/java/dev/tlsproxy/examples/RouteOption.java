package dev.tlsproxy.examples;

import dev.tlsproxy.ProxyProtocol;
import dev.tlsproxy.Route;
import dev.tlsproxy.TlsProxyBuilder;
import dev.tlsproxy.Upstream;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads {@code --route HOST[/PATH]=URI[,URI...]}. */
final class RouteOption {

    private static final Set<String> WITH_TLS = Set.of("https", "h2");

    private RouteOption() {}

    /**
     * Adds routes.
     *
     * @param builder where to
     * @param routes the values of the option
     * @param upstreamCa trusted for the upstreams with TLS; null for none
     * @param header what connections to all upstreams begin with; null for none
     * @throws UsageException when a value has another form, or there is a CA and no upstream with TLS
     */
    static void addTo(
            TlsProxyBuilder builder, List<String> routes, @Nullable Path upstreamCa, @Nullable ProxyProtocol header) {
        boolean caUsed = false;
        for (String text : routes) {
            int equals = text.indexOf('=');
            if (equals < 0) {
                throw new UsageException("--route: \"" + text + "\" (expected: HOST[/PATH]=URI[,URI...])");
            }
            Route route = Route.of(text.substring(0, equals));
            for (String uri : text.substring(equals + 1).split(",", -1)) {
                Upstream upstream = Upstream.of(uri);
                if (upstreamCa != null && WITH_TLS.contains(upstream.uri().getScheme())) {
                    upstream = upstream.trust(upstreamCa);
                    caUsed = true;
                }
                route = route.to(header != null ? upstream.proxyProtocol(header) : upstream);
            }
            builder.route(route);
        }
        if (upstreamCa != null && !caUsed) {
            throw new UsageException(
                    "--upstream-ca " + upstreamCa + " (expected: a route with an https or h2 upstream)");
        }
    }
}
