package dev.tlsproxy.examples.demo;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The peers of one torrent. Guarded by {@link Swarms}. */
final class Swarm {

    private static final int MOST_PEERS = 1_000;

    /** What a scrape is told. */
    record Counts(int seeders, long downloads, int leechers) {}

    private record Seen(boolean seeder, Instant at) {}

    private final Map<Peer, Seen> peers = new LinkedHashMap<>();
    private long downloads;

    void announce(Announce announce, Peer peer, Instant now) throws Refusal {
        if (announce.event() == Announce.Event.STOPPED) {
            peers.remove(peer);
            return;
        }
        if (!peers.containsKey(peer) && peers.size() >= MOST_PEERS) {
            throw new Refusal("swarm is full: the tracker remembers " + MOST_PEERS + " peers of a torrent at most");
        }
        Seen before = peers.put(peer, new Seen(announce.left() == 0, now));
        if (announce.event() == Announce.Event.COMPLETED && (before == null || !before.seeder())) {
            downloads++;
        }
    }

    /** Up to as many as are wanted, without the one that asks. */
    List<Peer> others(Announce announce) {
        return peers.keySet().stream()
                .filter(peer -> !peer.id().equals(announce.peerId()))
                .limit(announce.wanted())
                .toList();
    }

    Counts counts() {
        int seeders = (int) peers.values().stream().filter(Seen::seeder).count();
        return new Counts(seeders, downloads, peers.size() - seeders);
    }

    void forgetBefore(Instant oldest) {
        peers.values().removeIf(seen -> seen.at().isBefore(oldest));
    }

    boolean isEmpty() {
        return peers.isEmpty();
    }
}
