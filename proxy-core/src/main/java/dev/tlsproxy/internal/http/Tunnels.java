package dev.tlsproxy.internal.http;

import dev.tlsproxy.spi.Tunnel.DrainReason;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * The tunnels, by the route each was opened under, from the upgrade handler's decision on: one that is still being opened
 * is drained and cut like an open one, so that none slips through. Thread-safe.
 */
public final class Tunnels {

    private final LongSupplier nanos;
    private final Set<TunnelSlot> slots = ConcurrentHashMap.newKeySet();
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
        return (int) slots.stream()
                .filter(slot -> slot.isOpen() && which.test(slot.route()))
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
        slots.stream().filter(slot -> which.test(slot.route())).forEach(slot -> slot.drain(reason, deadline));
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
        long deadline = nanos.getAsLong() + timeout.toNanos();
        synchronized (left) {
            while (slots.stream().anyMatch(slot -> which.test(slot.route()))) {
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
     * Closes tunnels as they are, soon; what is being opened ends as well.
     *
     * @param which picks the routes
     * @return how many open ones were told to close
     */
    public int cut(Predicate<RouteEntry> which) {
        int cut = 0;
        for (TunnelSlot slot : slots) {
            if (which.test(slot.route())) {
                cut += slot.isOpen() ? 1 : 0;
                slot.cut();
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

    void add(TunnelSlot slot) {
        slots.add(slot);
    }

    void remove(TunnelSlot slot) {
        synchronized (left) {
            slots.remove(slot);
            left.notifyAll();
        }
    }
}
