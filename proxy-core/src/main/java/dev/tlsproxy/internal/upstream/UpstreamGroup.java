package dev.tlsproxy.internal.upstream;

import java.util.List;

/**
 * The upstreams of one route, which share its requests.
 *
 * @param addresses at least one
 */
public record UpstreamGroup(List<UpstreamAddress> addresses) {

    /** Copies the list. */
    public UpstreamGroup {
        addresses = List.copyOf(addresses);
    }
}
