package dev.tlsproxy;

import dev.tlsproxy.internal.upstream.Choice;

/**
 * How a route shares its requests out among its upstreams. One that is down is skipped, see {@link Route#to(String...)};
 * where all are down they are tried all the same.
 */
public enum Balance {

    /** Each in turn. The default. */
    ROUND_ROBIN(Choice.ROUND_ROBIN),

    /**
     * The upstream with the fewest requests and WebSocket tunnels of this proxy under way; equal ones in turn. For requests
     * of very different length.
     */
    LEAST_CONNECTIONS(Choice.LEAST_CONNECTIONS),

    /**
     * Of two upstreams drawn at random the one with fewer requests and tunnels under way. For several proxies in front of
     * the same upstreams: they do not all rush to the one that is idle.
     */
    RANDOM_TWO(Choice.RANDOM_TWO),

    /**
     * A client stays with one upstream, by its address: the one told by a trusted proxy, where such a one is in front
     * ({@link ForwardedPolicy#trustProxies}). When an upstream is added, removed or down, few other clients move. The same
     * for every run, and for every proxy with the same upstreams.
     */
    CLIENT_ADDRESS_HASH(Choice.CLIENT_ADDRESS_HASH);

    private final Choice choice;

    Balance(Choice choice) {
        this.choice = choice;
    }

    Choice choice() {
        return choice;
    }
}
