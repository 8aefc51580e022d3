package dev.tlsproxy;

import dev.tlsproxy.internal.names.HostPattern;
import dev.tlsproxy.internal.store.PemFiles;
import dev.tlsproxy.spi.CertificateManager;
import dev.tlsproxy.spi.ExchangeFilter;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** {@link Serving} in the making: in a builder, or in an update of a proxy that runs. Not for several threads. */
final class ServingDraft {

    private final Map<String, Route> routes;
    private final Map<Upstream, List<X509Certificate>> upstreamTrust;
    private final OwnCertificates certificates;
    private List<ExchangeFilter> filters;
    private ForwardedPolicy forwarded;
    private Duration bodyIdle;

    ServingDraft() {
        routes = new LinkedHashMap<>();
        upstreamTrust = new LinkedHashMap<>();
        certificates = OwnCertificates.none();
        filters = List.of();
        forwarded = ForwardedPolicy.defaults();
        bodyIdle = Timeouts.defaults().bodyIdle();
    }

    ServingDraft(Serving present) {
        routes = new LinkedHashMap<>(present.routes());
        upstreamTrust = new LinkedHashMap<>(present.upstreamTrust());
        certificates = OwnCertificates.replacing(present.certificates());
        filters = present.filters();
        forwarded = present.forwarded();
        bodyIdle = present.bodyIdle();
    }

    /** Refuses a second route of one name. */
    void add(Route route) {
        requireUpstream(route);
        Route present = routes.get(route.name());
        if (present != null) {
            throw new IllegalStateException("route \"" + route.name() + "\" was already set to "
                    + present.upstreams().get(0) + (present.upstreams().size() > 1 ? " and others" : ""));
        }
        put(route);
    }

    /** In place of the route of that name, where there is one. */
    void put(Route route) {
        requireUpstream(route);
        for (Upstream upstream : route.upstreams()) {
            List<X509Certificate> trusted = new ArrayList<>();
            for (Path pem : upstream.trusted()) {
                trusted.addAll(PemFiles.readCertificates(pem));
            }
            upstreamTrust.put(upstream, List.copyOf(trusted));
        }
        routes.put(route.name(), route);
    }

    void remove(String pattern) {
        if (routes.remove(Route.of(pattern).name()) == null) {
            throw new IllegalArgumentException("route: \"" + pattern + "\" (expected: one of " + routes.keySet() + ")");
        }
    }

    OwnCertificates certificates() {
        return certificates;
    }

    void addFilter(ExchangeFilter filter) {
        List<ExchangeFilter> all = new ArrayList<>(filters);
        all.add(Objects.requireNonNull(filter, "filter"));
        filters = all;
    }

    void filters(List<ExchangeFilter> filters) {
        this.filters = List.copyOf(filters);
    }

    void forwarded(ForwardedPolicy policy) {
        forwarded = Objects.requireNonNull(policy, "policy");
    }

    void bodyIdle(Duration time) {
        bodyIdle = time;
    }

    /**
     * The whole of it, checked.
     *
     * @throws IllegalStateException for a gap, see {@link TlsProxyBuilder#build}
     */
    Serving checked(TlsPolicy tls, Optional<CertificateManager> acme) {
        if (routes.isEmpty()) {
            throw new IllegalStateException("no route; call route(...)");
        }
        requireNameToServe(acme);
        tls.defaultName().ifPresent(this::requireRouteFor);
        Set<Upstream> used = new HashSet<>();
        routes.values().forEach(route -> used.addAll(route.upstreams()));
        upstreamTrust.keySet().retainAll(used);
        return new Serving(routes, upstreamTrust, certificates.byName(), filters, forwarded, bodyIdle);
    }

    private static void requireUpstream(Route route) {
        if (route.upstreams().isEmpty()) {
            throw new IllegalStateException("route \"" + route.name() + "\" has no upstream; call to(...)");
        }
    }

    private void requireNameToServe(Optional<CertificateManager> acme) {
        boolean anyOnly =
                routes.values().stream().allMatch(route -> route.host().kind() == HostPattern.Kind.DEFAULT);
        boolean onDemand = acme.filter(CertificateManager::servesOnDemand).isPresent();
        if (anyOnly && certificates.byName().isEmpty() && !onDemand) {
            throw new IllegalStateException("route \"*\" names no host to serve a certificate for;"
                    + " add a route with a host name, or call certificate(...)");
        }
    }

    private void requireRouteFor(String name) {
        boolean found = routes.values().stream()
                .anyMatch(route -> route.host().kind() != HostPattern.Kind.DEFAULT
                        && route.host().matches(name));
        if (!found && !certificates.byName().containsKey(name)) {
            throw new IllegalStateException(
                    "defaultName \"" + name + "\" has no route and no certificate; call route(\"" + name + "\", ...)");
        }
    }
}
