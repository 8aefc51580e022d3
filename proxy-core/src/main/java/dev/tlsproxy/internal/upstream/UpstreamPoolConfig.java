package dev.tlsproxy.internal.upstream;

import java.time.Duration;

/**
 * Time-outs and limits of a pool.
 *
 * @param connectTimeout for name look-up, TCP and TLS together
 * @param idleTime how long a connection without a request is kept
 * @param maxConnections per upstream, of all I/O threads together: idle, in use and being made, but not those of
 *     tunnels; of HTTP/2, requests under way
 * @param maxQueue exchanges that wait for a connection, per upstream
 * @param maxQueueTime how long one of them waits
 */
public record UpstreamPoolConfig(
        Duration connectTimeout, Duration idleTime, int maxConnections, int maxQueue, Duration maxQueueTime) {

    /** Refuses what makes no pool. */
    public UpstreamPoolConfig {
        positive("connectTimeout", connectTimeout);
        positive("idleTime", idleTime);
        positive("maxQueueTime", maxQueueTime);
        if (maxConnections < 1) {
            throw new IllegalArgumentException("maxConnections: " + maxConnections + " (expected: at least 1)");
        }
        if (maxQueue < 0) {
            throw new IllegalArgumentException("maxQueue: " + maxQueue + " (expected: at least 0)");
        }
    }

    /**
     * Connect 5 s, idle 3 s, 1024 connections, 1024 waiting for at most 5 s.
     *
     * @return the defaults
     */
    public static UpstreamPoolConfig defaults() {
        return new UpstreamPoolConfig(Duration.ofSeconds(5), Duration.ofSeconds(3), 1024, 1024, Duration.ofSeconds(5));
    }

    private static void positive(String what, Duration time) {
        if (time.toMillis() < 1) {
            throw new IllegalArgumentException(what + ": " + time + " (expected: at least PT0.001S)");
        }
    }
}
