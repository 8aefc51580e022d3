package dev.tlsproxy.internal.http;

import dev.tlsproxy.internal.upstream.UpstreamAddress;
import dev.tlsproxy.spi.Tunnel.DrainReason;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * The tunnels, by the route each was opened under, from the upgrade handler's decision on: one that is still being opened
 * is drained and cut like an open one, so that none slips through. Thread-safe.
 */
public final class Tunnels {

    /** One tunnel, open or being opened. All of it for any thread. */
    interface Place {

        RouteEntry route();

        /** The upstream; empty until it has answered. */
        Optional<UpstreamAddress> address();

        boolean isOpen();

        /** Whether it can be told to come to its end. */
        boolean hasFilter();

        /** True the first time only. */
        boolean leave();

        /** Whether {@link #leave} was called. */
        boolean isLeaving();

        /** Asks the filter to bring the tunnel to its end, soon, as soon as it is open. */
        void drain(DrainReason reason, long deadline);

        /** Closes it as it is, soon. */
        void cut();
    }

    private final LongSupplier nanos;
    private final Set<Place> places = ConcurrentHashMap.newKeySet();
    private final Object left = new Object();

    /**
     * No tunnels.
     *
     * @param nanos the time, as of {@link System#nanoTime}
     */
    public Tunnels(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /**
     * How many tunnels are open.
     *
     * @return the number at this moment
     */
    public int count() {
        return count(route -> true);
    }

    /**
     * How many tunnels of some routes are open.
     *
     * @param which picks the routes
     * @return the number at this moment
     */
    public int count(Predicate<RouteEntry> which) {
        return (int) places.stream()
                .filter(place -> place.isOpen() && which.test(place.route()))
                .count();
    }

    /**
     * Asks the filters of tunnels to bring them to their end, each on its own thread, soon. Tunnels without a filter stay
     * as they are: nobody knows where a message of theirs ends.
     *
     * @param which picks the routes
     * @param reason why
     * @param within how long they may take; positive
     */
    public void drain(Predicate<RouteEntry> which, DrainReason reason, Duration within) {
        long deadline = nanos.getAsLong() + within.toNanos();
        places.stream().filter(place -> which.test(place.route())).forEach(place -> place.drain(reason, deadline));
    }

    /**
     * Waits until no tunnel of some routes is open, and none is being opened. Blocks; not for I/O threads.
     *
     * @param which picks the routes
     * @param timeout how long at most
     * @return whether none is left
     * @throws InterruptedException when interrupted while waiting
     */
    public boolean awaitNone(Predicate<RouteEntry> which, Duration timeout) throws InterruptedException {
        return awaitNoPlace(place -> which.test(place.route()), timeout);
    }

    /**
     * Waits until no tunnel is left that has a filter, which may end it in order. Blocks; not for I/O threads.
     *
     * @param timeout how long at most
     * @return whether none is left
     * @throws InterruptedException when interrupted while waiting
     */
    public boolean awaitFiltered(Duration timeout) throws InterruptedException {
        return awaitNoPlace(Place::hasFilter, timeout);
    }

    private boolean awaitNoPlace(Predicate<Place> which, Duration timeout) throws InterruptedException {
        long deadline = nanos.getAsLong() + timeout.toNanos();
        synchronized (left) {
            while (places.stream().anyMatch(which)) {
                long remaining = deadline - nanos.getAsLong();
                if (remaining <= 0) {
                    return false;
                }
                TimeUnit.NANOSECONDS.timedWait(left, remaining);
            }
        }
        return true;
    }

    /**
     * How many open tunnels were not picked by {@link #leaving}.
     *
     * @return the number at this moment
     */
    public int staying() {
        return (int) places.stream()
                .filter(place -> place.isOpen() && !place.isLeaving())
                .count();
    }

    /**
     * Picks the tunnels that are not under some rule any more, for {@link Leaving}. Those that were picked before are not
     * picked again.
     *
     * @param stays answers for the route that a tunnel was opened under and its upstream, which is empty where none has
     *     answered yet
     * @return the others
     */
    public Leaving leaving(BiPredicate<RouteEntry, Optional<UpstreamAddress>> stays) {
        return new Leaving(places.stream()
                .filter(place -> !stays.test(place.route(), place.address()) && place.leave())
                .toList());
    }

    /** Tunnels that an update of the routes leaves without a place. */
    public final class Leaving {

        private final List<Place> places;

        private Leaving(List<Place> places) {
            this.places = places;
        }

        /**
         * How many of them were open.
         *
         * @return the number at this moment
         */
        public int count() {
            return (int) places.stream().filter(Place::isOpen).count();
        }

        /**
         * Asks their filters to bring them to their end, as {@link Tunnels#drain}.
         *
         * @param within how long they may take; positive
         */
        public void drain(Duration within) {
            long deadline = nanos.getAsLong() + within.toNanos();
            places.forEach(place -> place.drain(DrainReason.ROUTE_CHANGED, deadline));
        }

        /** Closes those that are left as they are, soon. */
        public void cut() {
            places.forEach(Place::cut);
        }
    }

    /**
     * Closes tunnels as they are, soon; what is being opened ends as well.
     *
     * @param which picks the routes
     * @return how many open ones were told to close
     */
    public int cut(Predicate<RouteEntry> which) {
        int cut = 0;
        for (Place place : places) {
            if (which.test(place.route())) {
                cut += place.isOpen() ? 1 : 0;
                place.cut();
            }
        }
        return cut;
    }

    long nanoTime() {
        return nanos.getAsLong();
    }

    LongSupplier nanos() {
        return nanos;
    }

    void add(Place place) {
        places.add(place);
    }

    void remove(Place place) {
        synchronized (left) {
            places.remove(place);
            left.notifyAll();
        }
    }
}
