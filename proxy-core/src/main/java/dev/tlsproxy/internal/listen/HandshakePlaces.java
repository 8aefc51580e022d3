package dev.tlsproxy.internal.listen;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * A number of places for what clients have begun. Where all are taken, whoever holds most gives one way to a newcomer that
 * would still hold fewer: a few clients that never come to an end can't keep all others out. Thread-safe.
 */
final class HandshakePlaces {

    private final int most;
    private final Map<Object, Set<Place>> held = new HashMap<>(); // the oldest first; guarded by this
    private final TreeMap<Integer, Set<Object>> byCount = new TreeMap<>(); // clients; guarded by this
    private int taken; // guarded by this

    HandshakePlaces(int most) {
        this.most = most;
    }

    /**
     * Takes a place.
     *
     * @param client who counts as one client; compared by equals
     * @param giveWay called at most once, by any thread, when the place was given to another; not after it was left
     * @return empty where there is none
     */
    Optional<Place> enter(Object client, Runnable giveWay) {
        Place place = new Place(client, giveWay);
        Place gone = null;
        synchronized (this) {
            if (taken >= most) {
                int largest = byCount.lastKey();
                if (largest <= count(client) + 1) {
                    return Optional.empty();
                }
                gone = oldest(largest);
                remove(gone);
            }
            add(place);
        }
        if (gone != null) {
            gone.giveWay.run();
        }
        return Optional.of(place);
    }

    synchronized int taken() {
        return taken;
    }

    private Place oldest(int largest) {
        Object client = Objects.requireNonNull(byCount.get(largest)).iterator().next();
        return Objects.requireNonNull(held.get(client)).iterator().next();
    }

    private int count(Object client) {
        Set<Place> places = held.get(client);
        return places == null ? 0 : places.size();
    }

    private void add(Place place) {
        Set<Place> places = held.computeIfAbsent(place.client, key -> new LinkedHashSet<>(2));
        places.add(place);
        taken++;
        recount(place.client, places.size() - 1, places.size());
    }

    private boolean remove(Place place) {
        Set<Place> places = held.get(place.client);
        if (places == null || !places.remove(place)) {
            return false;
        }
        if (places.isEmpty()) {
            held.remove(place.client);
        }
        taken--;
        recount(place.client, places.size() + 1, places.size());
        return true;
    }

    private void recount(Object client, int before, int now) {
        Set<Object> equals = byCount.get(before);
        if (equals != null) {
            equals.remove(client);
            if (equals.isEmpty()) {
                byCount.remove(before);
            }
        }
        if (now > 0) {
            byCount.computeIfAbsent(now, key -> new LinkedHashSet<>(2)).add(client);
        }
    }

    /** One that was taken. */
    final class Place {

        private final Object client;
        private final Runnable giveWay;

        private Place(Object client, Runnable giveWay) {
            this.client = client;
            this.giveWay = giveWay;
        }

        Object client() {
            return client;
        }

        /** Gives it up; false where it was given to another or left already. */
        boolean leave() {
            synchronized (HandshakePlaces.this) {
                return remove(this);
            }
        }
    }
}
