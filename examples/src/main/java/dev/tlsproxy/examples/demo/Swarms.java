package dev.tlsproxy.examples.demo;

import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** All the tracker remembers. Safe for use by several threads. */
final class Swarms {

    private static final Duration PEER_LIFE = Duration.ofMinutes(5);
    private static final int MOST_TORRENTS = 10_000;

    /** What an announce is told. */
    record View(Swarm.Counts counts, List<Peer> peers) {}

    /** Sums over all torrents. */
    record Totals(int torrents, int seeders, int leechers, long downloads, long announces, long scrapes) {}

    private final Clock clock;
    private final Map<InfoHash, Swarm> swarms = new HashMap<>();
    private long announces;
    private long scrapes;

    Swarms(Clock clock) {
        this.clock = clock;
    }

    synchronized View announce(Announce announce, InetAddress client) throws Refusal {
        announces++;
        Swarm swarm = swarms.get(announce.torrent());
        if (swarm == null) {
            forgetOld();
            if (swarms.size() >= MOST_TORRENTS) {
                throw new Refusal("tracker is full: it remembers " + MOST_TORRENTS + " torrents at most");
            }
            swarm = new Swarm();
            swarms.put(announce.torrent(), swarm);
        }
        swarm.forgetBefore(oldest());
        swarm.announce(announce, new Peer(announce.peerId(), client, announce.port()), clock.instant());
        return new View(swarm.counts(), swarm.others(announce));
    }

    synchronized Swarm.Counts scrape(InfoHash hash) {
        Swarm swarm = swarms.get(hash);
        if (swarm == null) {
            return new Swarm.Counts(0, 0, 0);
        }
        swarm.forgetBefore(oldest());
        return swarm.counts();
    }

    synchronized void countScrape() {
        scrapes++;
    }

    synchronized Totals totals() {
        forgetOld();
        int seeders = 0;
        int leechers = 0;
        long downloads = 0;
        for (Swarm swarm : swarms.values()) {
            Swarm.Counts counts = swarm.counts();
            seeders += counts.seeders();
            leechers += counts.leechers();
            downloads += counts.downloads();
        }
        return new Totals(swarms.size(), seeders, leechers, downloads, announces, scrapes);
    }

    private void forgetOld() {
        Instant oldest = oldest();
        swarms.values().forEach(swarm -> swarm.forgetBefore(oldest));
        swarms.values().removeIf(Swarm::isEmpty);
    }

    private Instant oldest() {
        return clock.instant().minus(PEER_LIFE);
    }
}
