package dev.tlsproxy;

import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.spi.ExchangeFilter;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a proxy serves, and can change while it runs. Immutable.
 *
 * @param routes by name, in the order they were added
 * @param upstreamTrust what is trusted for an upstream beside the JVM's own
 * @param certificates the user's own, by host pattern
 * @param filters those of every route
 * @param forwarded how upstreams learn who the client is
 * @param bodyIdle how long a body may make no progress
 */
record Serving(
        Map<String, Route> routes,
        Map<Upstream, List<X509Certificate>> upstreamTrust,
        Map<String, CertifiedKey> certificates,
        List<ExchangeFilter> filters,
        ForwardedPolicy forwarded,
        Duration bodyIdle) {

    /** Copies. */
    Serving {
        routes = Collections.unmodifiableMap(new LinkedHashMap<>(routes));
        upstreamTrust = Map.copyOf(upstreamTrust);
        certificates = Map.copyOf(certificates);
        filters = List.copyOf(filters);
    }
}
