package dev.tlsproxy.internal.upstream;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** Round robin over the upstreams of a group; those that lately failed to connect come last. */
final class UpstreamRotation {

    private final Function<UpstreamAddress, UpstreamState> states;
    private final ConcurrentHashMap<UpstreamGroup, AtomicInteger> turns = new ConcurrentHashMap<>();

    UpstreamRotation(Function<UpstreamAddress, UpstreamState> states) {
        this.states = states;
    }

    /** Forgets whose turn it was in other groups. */
    void retain(Set<UpstreamGroup> groups) {
        turns.keySet().retainAll(groups);
    }

    /** Every upstream of the group once, in the order to try them. */
    Queue<UpstreamState> order(UpstreamGroup group) {
        List<UpstreamAddress> addresses = group.addresses();
        int size = addresses.size();
        // floorMod: the counter wraps after 2^31 requests
        int first = size == 1
                ? 0
                : Math.floorMod(
                        turns.computeIfAbsent(group, key -> new AtomicInteger()).getAndIncrement(), size);
        Queue<UpstreamState> order = new ArrayDeque<>(size);
        Queue<UpstreamState> avoided = new ArrayDeque<>();
        for (int i = 0; i < size; i++) {
            UpstreamState state = states.apply(addresses.get((first + i) % size));
            (state.isAvoided() ? avoided : order).add(state);
        }
        order.addAll(avoided);
        return order;
    }
}
