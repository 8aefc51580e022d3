package dev.tlsproxy.websocket;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** The values of a policy. Equal where a policy would do the same. */
record Settings(
        Optional<AllowedOrigins> origins,
        Set<String> subprotocols,
        int maxTunnels,
        int maxTunnelsPerClient,
        Optional<TunnelBudget> budget,
        Optional<Duration> idleTimeout,
        Optional<Duration> lifetime,
        Optional<Duration> keepAlive,
        Duration closeTimeout,
        long maxFrame,
        long maxMessage,
        WebSocketEvents events) {

    static final Settings DEFAULTS = new Settings(
            Optional.empty(),
            Set.of(),
            Integer.MAX_VALUE,
            Integer.MAX_VALUE,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Duration.ofSeconds(5),
            Long.MAX_VALUE,
            Long.MAX_VALUE,
            new WebSocketEvents() {});

    private static final Duration MAX_DURATION = Duration.ofDays(365);

    /** These settings with some changed. */
    Settings with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.settings();
    }

    static int atLeastOne(String name, int value) {
        return (int) atLeastOne(name, (long) value);
    }

    static long atLeastOne(String name, long value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: at least 1)");
        }
        return value;
    }

    static Duration duration(String name, Duration value, Duration min) {
        if (value.compareTo(min) < 0 || value.compareTo(MAX_DURATION) > 0) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: " + min + ".." + MAX_DURATION + ")");
        }
        return value;
    }

    /** The values in the making. */
    static final class Draft {

        Optional<AllowedOrigins> origins;
        Set<String> subprotocols;
        int maxTunnels;
        int maxTunnelsPerClient;
        Optional<TunnelBudget> budget;
        Optional<Duration> idleTimeout;
        Optional<Duration> lifetime;
        Optional<Duration> keepAlive;
        Duration closeTimeout;
        long maxFrame;
        long maxMessage;
        WebSocketEvents events;

        private Draft(Settings from) {
            origins = from.origins;
            subprotocols = from.subprotocols;
            maxTunnels = from.maxTunnels;
            maxTunnelsPerClient = from.maxTunnelsPerClient;
            budget = from.budget;
            idleTimeout = from.idleTimeout;
            lifetime = from.lifetime;
            keepAlive = from.keepAlive;
            closeTimeout = from.closeTimeout;
            maxFrame = from.maxFrame;
            maxMessage = from.maxMessage;
            events = from.events;
        }

        private Settings settings() {
            return new Settings(
                    origins,
                    subprotocols,
                    maxTunnels,
                    maxTunnelsPerClient,
                    budget,
                    idleTimeout,
                    lifetime,
                    keepAlive,
                    closeTimeout,
                    maxFrame,
                    maxMessage,
                    events);
        }
    }
}
