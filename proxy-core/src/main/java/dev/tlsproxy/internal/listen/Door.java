package dev.tlsproxy.internal.listen;

import dev.tlsproxy.internal.names.Cidr;
import dev.tlsproxy.spi.ProxyEvents;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts the connections of clients on all listeners of a proxy, and refuses what is over a limit. Thread-safe. */
public final class Door {

    private static final Logger LOG = LoggerFactory.getLogger(Door.class);

    private final Config config;
    private final AtomicInteger connections = new AtomicInteger();
    private final HandshakePlaces handshakes;
    private final ConcurrentMap<ClientNetwork, Integer> perClient = new ConcurrentHashMap<>();

    /**
     * The limits.
     *
     * @param maxConnections most open connections
     * @param maxPerClient most open connections of one {@link ClientNetwork}
     * @param maxHandshakes most TLS handshakes under way
     * @param exempt addresses that {@code maxPerClient} does not hold for
     * @param proxies where a connection has to come from, and to begin with a PROXY header; empty: from anywhere, without
     * @param proxyHeader how long that header may take
     * @param events told of what is refused
     */
    public record Config(
            int maxConnections,
            int maxPerClient,
            int maxHandshakes,
            Predicate<InetAddress> exempt,
            List<Cidr> proxies,
            Duration proxyHeader,
            ProxyEvents events) {

        /** Copies the list. */
        public Config {
            proxies = List.copyOf(proxies);
        }
    }

    /**
     * A door.
     *
     * @param config the limits
     */
    public Door(Config config) {
        this.config = config;
        this.handshakes = new HandshakePlaces(config.maxHandshakes());
    }

    boolean expectsProxyHeader() {
        return !config.proxies().isEmpty();
    }

    Duration proxyHeader() {
        return config.proxyHeader();
    }

    /** Counts a socket in, until {@link #left}; the reason where there is no place for it, or no trust. */
    Optional<String> entered(InetAddress peer) {
        if (connections.incrementAndGet() > config.maxConnections()) {
            return Optional.of(
                    config.maxConnections() + " connections are open already (the limit of Limits.connections)");
        }
        if (expectsProxyHeader() && config.proxies().stream().noneMatch(network -> network.contains(peer))) {
            return Optional.of("the peer is in no network of proxyProtocol: " + config.proxies());
        }
        return Optional.empty();
    }

    void left() {
        connections.decrementAndGet();
    }

    /** Counts a client's connection in, until the seat is given up. */
    Seat seat(InetAddress client) {
        if (isMany(client)) {
            return new Seat(Optional.empty(), () -> {});
        }
        ClientNetwork network = ClientNetwork.of(client);
        boolean over = perClient.merge(network, 1, Integer::sum) > config.maxPerClient();
        return new Seat(
                over
                        ? Optional.of(config.maxPerClient() + " connections of " + network
                                + " are open already (the limit of Limits.connectionsPerClient)")
                        : Optional.empty(),
                () -> perClient.computeIfPresent(network, (key, count) -> count > 1 ? count - 1 : null));
    }

    /** A client's place, or the reason why there is none; to be given up either way. */
    record Seat(Optional<String> refusal, Runnable giveUp) {}

    /** Whether many clients come from an address, none of which can be told from the others. */
    private boolean isMany(InetAddress client) {
        return client.isLoopbackAddress() || config.exempt().test(client);
    }

    /**
     * Counts a handshake in, until its place is left.
     *
     * @param giveWay called by any thread when the place goes to a client with fewer
     * @return empty where there are too many
     */
    Optional<HandshakePlaces.Place> handshakeBegun(InetAddress client, Runnable giveWay) {
        return handshakes.enter(isMany(client) ? new Object() : ClientNetwork.of(client), giveWay);
    }

    /**
     * Whether a client is in its handshake.
     *
     * @return at this moment
     */
    public boolean hasHandshakes() {
        return handshakes.taken() > 0;
    }

    String handshakesUnderWay() {
        return config.maxHandshakes() + " handshakes are under way already (the limit of Limits.handshakes)";
    }

    void tellRefused(InetSocketAddress client, String reason) {
        try {
            config.events().connectionRefused(client, reason);
        } catch (RuntimeException e) {
            LOG.warn("ProxyEvents.connectionRefused threw", e);
        }
    }
}
