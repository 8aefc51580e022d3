package dev.tlsproxy.internal.http;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Counts the exchanges that run, so that closing the proxy can wait for them. Tunnels are not counted once they are
 * open: {@link Tunnels} has those. Thread-safe.
 */
public final class InFlight {

    private final LongSupplier nanos;
    private int running;
    private int ended;
    private volatile boolean draining;

    /**
     * Nothing runs, nothing drains.
     *
     * @param nanos the time, as of {@link System#nanoTime}
     */
    public InFlight(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /** From now on HTTP/1.1 responses end their connection, new tunnels get 503, and ended exchanges are counted. */
    public synchronized void drain() {
        draining = true;
        ended = 0;
    }

    /**
     * Whether {@link #drain} was called.
     *
     * @return true from then on
     */
    public boolean draining() {
        return draining;
    }

    /**
     * How many exchanges run.
     *
     * @return 0 or more
     */
    public synchronized int running() {
        return running;
    }

    /**
     * How many exchanges have ended, in whatever way, since {@link #drain}.
     *
     * @return 0 or more
     */
    public synchronized int ended() {
        return ended;
    }

    /**
     * Waits until no exchange runs. Blocks; not for I/O threads.
     *
     * @param timeout how long at most
     * @return whether none runs
     * @throws InterruptedException when interrupted while waiting
     */
    public synchronized boolean awaitIdle(Duration timeout) throws InterruptedException {
        long deadline = nanos.getAsLong() + timeout.toNanos();
        while (running > 0) {
            long left = deadline - nanos.getAsLong();
            if (left <= 0) {
                return false;
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        return true;
    }

    synchronized void begin() {
        running++;
    }

    synchronized void end() {
        running--;
        ended++;
        if (running == 0) {
            notifyAll();
        }
    }
}
