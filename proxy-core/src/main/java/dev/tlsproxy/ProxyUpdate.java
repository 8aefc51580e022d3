package dev.tlsproxy;

import dev.tlsproxy.spi.ExchangeFilter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;

/**
 * Changes to a running proxy, as {@link TlsProxy#update} takes them. It begins with what is there; a wrong value is
 * refused at the call, a gap in the whole when all is said. What is not named stays. Not for use by several threads, nor
 * after the update.
 *
 * <p>Listeners, the certificate store and manager, {@link TlsPolicy}, events and the other time-outs are fixed at the
 * start.
 */
public final class ProxyUpdate {

    private static final Duration DEFAULT_DRAIN = Duration.ofSeconds(10);

    private final ServingDraft draft;
    private final Clock clock;
    private Duration drain = DEFAULT_DRAIN;

    ProxyUpdate(ServingDraft draft, Clock clock) {
        this.draft = draft;
        this.clock = clock;
    }

    /**
     * Adds a route, or puts it in place of the one for that pattern, of which nothing is kept.
     *
     * @param pattern host with optional path prefix, as for {@link Route#of}
     * @param upstreams at least one URI, as for {@link Upstream#of}
     * @return this
     * @throws IllegalArgumentException when the pattern or a URI is malformed
     * @throws IllegalStateException when no URI is given
     */
    public ProxyUpdate route(String pattern, String... upstreams) {
        return route(Route.of(pattern).to(upstreams));
    }

    /**
     * Adds a route, or puts it in place of the one for that pattern, of which nothing is kept. An equal one with the same
     * filters and an equal {@link Route#upgrades upgrade handler} is no change.
     *
     * @param route a route with at least one upstream
     * @return this
     * @throws IllegalArgumentException when a CA file of an upstream can't be read
     * @throws IllegalStateException when it has no upstream
     */
    public ProxyUpdate route(Route route) {
        draft.put(route);
        return this;
    }

    /**
     * Removes a route. Its name is served no longer, unless another route or a certificate of your own has it.
     *
     * @param pattern as it was given to {@code route}
     * @return this
     * @throws IllegalArgumentException when the pattern is malformed or there is no such route
     */
    public ProxyUpdate remove(String pattern) {
        draft.remove(pattern);
        return this;
    }

    /**
     * Serves a certificate of your own for each name in it, in place of what was served for that name.
     *
     * @param chainPem as for {@link TlsProxyBuilder#certificate(Path, Path)}
     * @param keyPem as for {@link TlsProxyBuilder#certificate(Path, Path)}
     * @return this
     * @throws IllegalArgumentException as for {@link TlsProxyBuilder#certificate(Path, Path)}
     */
    public ProxyUpdate certificate(Path chainPem, Path keyPem) {
        draft.certificates().add(chainPem, keyPem, clock.instant());
        return this;
    }

    /**
     * Serves a certificate of your own for one name, in place of what was served for it.
     *
     * @param name a host, {@code *.HOST} or an IP address, which the certificate covers
     * @param chainPem as for {@link TlsProxyBuilder#certificate(Path, Path)}
     * @param keyPem as for {@link TlsProxyBuilder#certificate(Path, Path)}
     * @return this
     * @throws IllegalArgumentException as for {@link TlsProxyBuilder#certificate(String, Path, Path)}
     */
    public ProxyUpdate certificate(String name, Path chainPem, Path keyPem) {
        draft.certificates().add(name, chainPem, keyPem, clock.instant());
        return this;
    }

    /**
     * Serves a certificate of your own no longer. Where a route has the name, the certificate manager or the local CA
     * takes over; a manager that has to ask a public CA leaves the name without certificate until it has one.
     *
     * @param name one name of the certificate
     * @return this
     * @throws IllegalArgumentException when no certificate was given for that name
     */
    public ProxyUpdate withoutCertificate(String name) {
        draft.certificates().remove(name);
        return this;
    }

    /**
     * Sets the filters of every route, which run before those of the route.
     *
     * @param filters the filters, in place of all that were set so
     * @return this
     */
    public ProxyUpdate filters(ExchangeFilter... filters) {
        draft.filters(List.of(filters));
        return this;
    }

    /**
     * Sets how upstreams learn who the client is.
     *
     * @param policy the policy, in place of the one that is there
     * @return this
     */
    public ProxyUpdate forwarded(ForwardedPolicy policy) {
        draft.forwarded(policy);
        return this;
    }

    /**
     * Sets how long a request or response body may make no progress, for exchanges that begin from now on.
     *
     * @param time 1 ms to 1 day
     * @return this
     * @throws IllegalArgumentException when out of range
     */
    public ProxyUpdate bodyIdle(Duration time) {
        draft.bodyIdle(Timeouts.checked("bodyIdle", time));
        return this;
    }

    /**
     * Sets how long tunnels may take to come to their end whose route was removed or is no longer what they were opened
     * under. The update does not wait for that.
     *
     * @param time 1 ms to 1 day; default 10 s
     * @return this
     * @throws IllegalArgumentException when out of range
     */
    public ProxyUpdate drain(Duration time) {
        drain = Timeouts.checked("drain", time);
        return this;
    }

    Duration drain() {
        return drain;
    }
}
