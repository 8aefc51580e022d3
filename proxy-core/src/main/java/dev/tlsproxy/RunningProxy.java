package dev.tlsproxy;

import dev.tlsproxy.internal.http.InFlight;
import dev.tlsproxy.internal.names.HostPattern;
import dev.tlsproxy.internal.tls.ClientTls;
import dev.tlsproxy.spi.CertificateStatus;
import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.spi.Tunnel.DrainReason;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;

/** A proxy that listens. */
final class RunningProxy {

    private final ProxyConfig config;
    private final Rooms rooms;

    private RunningProxy(ProxyConfig config, Rooms rooms) {
        this.config = config;
        this.rooms = rooms;
    }

    /**
     * Opens everything.
     *
     * @throws ProxyStartException when something can't be opened; nothing is left open then
     */
    static RunningProxy start(ProxyConfig config) {
        return new RunningProxy(config, Rooms.open(config));
    }

    ProxyAddresses addresses() {
        return rooms.addresses();
    }

    int publicHttpsPort() {
        return rooms.publicHttpsPort();
    }

    void awaitReady(Optional<String> name, Duration timeout) {
        Set<String> all = rooms.live().names().all();
        rooms.deployments().awaitReady(name.isPresent() ? Set.of(known(name.get(), all)) : all, timeout);
    }

    boolean awaitWarmUp(Duration timeout) {
        try {
            return rooms.warmUp().await(timeout);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static String known(String name, Set<String> all) {
        return HostPattern.parse(name)
                .map(HostPattern::text)
                .filter(all::contains)
                .orElseThrow(
                        () -> new IllegalArgumentException("name: \"" + name + "\" (expected: one of " + all + ")"));
    }

    Map<String, CertificateStatus> statuses() {
        return rooms.deployments().statuses();
    }

    SSLContext trustedSslContext() {
        Set<X509Certificate> issuers = new LinkedHashSet<>();
        localCaCertificate().ifPresent(issuers::add);
        for (CertifiedKey key : rooms.live().serving().certificates().values()) {
            issuers.add(key.chain().get(key.chain().size() - 1));
        }
        return ClientTls.trusting(issuers);
    }

    Optional<X509Certificate> localCaCertificate() {
        return rooms.managers()
                .root()
                .filter(root -> !rooms.live().names().local().isEmpty());
    }

    /** Not for several threads at once, nor beside {@link #close}. */
    UpdateReport update(Consumer<ProxyUpdate> changes) {
        return new LiveUpdate(config, rooms).apply(changes);
    }

    CloseReport close(Duration drain) {
        long deadline = System.nanoTime() + drain.toNanos();
        InFlight inFlight = rooms.inFlight();
        rooms.stopAccepting();
        rooms.deployments().close();
        inFlight.drain();
        rooms.https().drain();
        int tunnels = rooms.tunnels().count();
        if (!drain.isZero()) {
            rooms.tunnels().drain(route -> true, DrainReason.PROXY_CLOSES, drain);
        }
        try {
            inFlight.awaitIdle(left(deadline));
            rooms.https().awaitDrained(left(deadline));
            rooms.tunnels().awaitFiltered(left(deadline));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        int cut = inFlight.running();
        int finished = inFlight.ended();
        int tunnelsCut = rooms.tunnels().cut(route -> true);
        rooms.close();
        return new CloseReport(finished, cut, Math.max(0, tunnels - tunnelsCut), tunnelsCut);
    }

    private static Duration left(long deadline) {
        return Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
    }
}
