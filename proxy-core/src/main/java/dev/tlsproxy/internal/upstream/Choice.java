package dev.tlsproxy.internal.upstream;

/** How a group shares requests out among its upstreams that are up. */
public enum Choice {
    /** Each in turn. */
    ROUND_ROBIN,
    /** The one with the fewest requests and tunnels under way; of equal ones each in turn. */
    LEAST_CONNECTIONS,
    /** Of two drawn at random the one with fewer requests and tunnels under way. */
    RANDOM_TWO,
    /** The client's own, as long as it is there. */
    CLIENT_ADDRESS_HASH
}
