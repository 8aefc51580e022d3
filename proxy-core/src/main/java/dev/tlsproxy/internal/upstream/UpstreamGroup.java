package dev.tlsproxy.internal.upstream;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The upstreams of one route, which share its requests.
 *
 * @param addresses at least one
 * @param choice how they share
 * @param check how they are checked; null for not at all
 * @param slowStart how long after its recovery an upstream takes less than its share; zero for not at all
 */
public record UpstreamGroup(
        List<UpstreamAddress> addresses,
        Choice choice,
        @Nullable CheckConfig check,
        Duration slowStart) {

    /** Copies the list. */
    public UpstreamGroup {
        addresses = List.copyOf(addresses);
    }

    /**
     * Upstreams that take turns, without checks.
     *
     * @param addresses at least one
     */
    public UpstreamGroup(List<UpstreamAddress> addresses) {
        this(addresses, Choice.ROUND_ROBIN, null, Duration.ZERO);
    }
}
