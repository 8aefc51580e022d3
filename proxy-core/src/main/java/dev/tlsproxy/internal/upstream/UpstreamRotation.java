package dev.tlsproxy.internal.upstream;

import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/**
 * In which order the upstreams of a group are tried: first those that are up, as the group's {@link Choice} says; then
 * those in slow start that did not take part this time; last, rather than to give up, those that are skipped.
 */
final class UpstreamRotation {

    private final Function<UpstreamAddress, UpstreamState> states;
    private final RandomGenerator random;
    private final long firstTurn;
    private final ConcurrentHashMap<UpstreamGroup, AtomicLong> turns = new ConcurrentHashMap<>();

    UpstreamRotation(Function<UpstreamAddress, UpstreamState> states, RandomGenerator random) {
        this(states, random, 0);
    }

    UpstreamRotation(Function<UpstreamAddress, UpstreamState> states, RandomGenerator random, long firstTurn) {
        this.states = states;
        this.random = random;
        this.firstTurn = firstTurn;
    }

    /** Forgets whose turn it was in other groups. */
    void retain(Set<UpstreamGroup> groups) {
        turns.keySet().retainAll(groups);
    }

    /** Every upstream of the group once, in the order to try them. */
    Queue<UpstreamState> order(UpstreamGroup group, InetAddress client) {
        int size = group.addresses().size();
        if (size == 1) {
            return new ArrayDeque<>(List.of(states.apply(group.addresses().get(0))));
        }
        List<UpstreamState> ready = new ArrayList<>(size);
        List<UpstreamState> starting = new ArrayList<>(0);
        List<UpstreamState> skipped = new ArrayList<>(0);
        for (UpstreamAddress address : group.addresses()) {
            UpstreamState state = states.apply(address);
            if (state.health().isSkipped(group.check())) {
                skipped.add(state);
            } else {
                (takesPart(state, group) ? ready : starting).add(state);
            }
        }
        Queue<UpstreamState> order = new ArrayDeque<>(size);
        long turn = turn(group); // one for all parts: a turn for each would lead to the same ones again
        for (List<UpstreamState> part : List.of(ready, starting, skipped)) {
            if (part.size() > 1) {
                arrange(part, group.choice(), turn, client);
            }
            order.addAll(part);
        }
        return order;
    }

    /** In slow start an upstream takes part in a growing share of the choices. A client's own has no other to share with. */
    private boolean takesPart(UpstreamState state, UpstreamGroup group) {
        if (group.choice() == Choice.CLIENT_ADDRESS_HASH) {
            return true;
        }
        double share = state.health().share(group.slowStart());
        return share >= 1 || random.nextDouble() < share;
    }

    private void arrange(List<UpstreamState> upstreams, Choice choice, long turn, InetAddress client) {
        switch (choice) {
            case ROUND_ROBIN -> rotate(upstreams, turn);
            case LEAST_CONNECTIONS -> rotate(upstreams.subList(0, sortByLoad(upstreams)), turn);
            case RANDOM_TWO -> {
                Collections.swap(upstreams, 0, random.nextInt(upstreams.size()));
                Collections.swap(upstreams, 1, 1 + random.nextInt(upstreams.size() - 1));
                sortByLoad(upstreams.subList(0, 2));
            }
            case CLIENT_ADDRESS_HASH -> {
                long key = Rendezvous.key(client);
                upstreams.sort(Comparator.comparingLong((UpstreamState state) -> Rendezvous.score(key, state.key()))
                        .reversed());
            }
        }
    }

    private long turn(UpstreamGroup group) {
        return turns.computeIfAbsent(group, key -> new AtomicLong(firstTurn)).getAndIncrement();
    }

    private static void rotate(List<UpstreamState> upstreams, long turn) {
        // floorMod: right also when the counter has passed its greatest value
        Collections.rotate(upstreams, -Math.floorMod(turn, upstreams.size()));
    }

    /**
     * Each load is read once: it changes while it is sorted by. Equal ones keep their order.
     *
     * @return how many are the least loaded
     */
    private static int sortByLoad(List<UpstreamState> upstreams) {
        record Loaded(UpstreamState upstream, int load) {}
        List<Loaded> loaded = new ArrayList<>(upstreams.size());
        upstreams.forEach(upstream -> loaded.add(new Loaded(upstream, upstream.load())));
        loaded.sort(Comparator.comparingInt(Loaded::load));
        for (int i = 0; i < loaded.size(); i++) {
            upstreams.set(i, loaded.get(i).upstream());
        }
        int least = loaded.get(0).load();
        return (int) loaded.stream().filter(one -> one.load() == least).count();
    }
}
