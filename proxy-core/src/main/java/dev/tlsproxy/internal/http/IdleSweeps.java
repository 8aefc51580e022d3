package dev.tlsproxy.internal.http;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.xnio.XnioIoThread;

/**
 * Finds bodies that make no progress: one timer per I/O thread looks at all of its exchanges, at least four
 * times per idle time, so that most requests, which are over by then, cost no timer of their own. A stalled body is ended after 1 to 1.5 times the
 * idle time.
 */
final class IdleSweeps {

    private static final int SWEEPS_PER_IDLE = 4;
    private static final long MAX_PERIOD_NANOS = 400_000_000; // a client that left is found at the second look
    private static final long MIN_PERIOD_NANOS = 1_000_000;

    private final Map<XnioIoThread, Sweep> byThread = new ConcurrentHashMap<>();
    private final long idleNanos;
    private final long periodNanos;
    private final LongSupplier nanos;

    IdleSweeps(Duration idle, LongSupplier nanos) {
        this.idleNanos = idle.toNanos();
        this.periodNanos = Math.max(MIN_PERIOD_NANOS, Math.min(MAX_PERIOD_NANOS, idleNanos / SWEEPS_PER_IDLE));
        this.nanos = nanos;
    }

    /** Starts watching; does nothing for one that is watched. */
    void join(XnioIoThread thread, BodyWatch watch) {
        Sweep sweep = byThread.computeIfAbsent(thread, Sweep::new);
        sweep.watched.add(watch);
        sweep.arm();
    }

    void leave(XnioIoThread thread, BodyWatch watch) {
        Sweep sweep = byThread.get(thread);
        if (sweep != null) {
            sweep.watched.remove(watch);
        }
    }

    private final class Sweep implements Runnable {

        private final XnioIoThread thread;
        private final Set<BodyWatch> watched = ConcurrentHashMap.newKeySet();
        private final AtomicBoolean armed = new AtomicBoolean();

        Sweep(XnioIoThread thread) {
            this.thread = thread;
        }

        void arm() {
            if (!armed.get() && !watched.isEmpty() && armed.compareAndSet(false, true)) {
                try {
                    thread.executeAfter(this, periodNanos, TimeUnit.NANOSECONDS);
                } catch (RejectedExecutionException e) {
                    // the thread is ending, and with it every exchange on it
                }
            }
        }

        @Override
        public void run() {
            armed.set(false);
            long now = nanos.getAsLong();
            for (BodyWatch watch : List.copyOf(watched)) {
                watch.sweep(now, idleNanos);
            }
            arm();
        }
    }
}
