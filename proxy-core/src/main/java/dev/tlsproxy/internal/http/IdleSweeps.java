package dev.tlsproxy.internal.http;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
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

    /** Starts watching; it has to leave where it joined. */
    Sweep join(XnioIoThread thread, BodyWatch watch) {
        Sweep known = byThread.get(thread);
        Sweep sweep = known != null ? known : byThread.computeIfAbsent(thread, Sweep::new);
        sweep.add(watch);
        return sweep;
    }

    /** The exchanges of one thread, in a list of their own: each of them comes and goes by here. Thread-safe. */
    final class Sweep implements Runnable {

        private final XnioIoThread thread;
        private @Nullable BodyWatch first;
        private boolean armed;

        Sweep(XnioIoThread thread) {
            this.thread = thread;
        }

        private synchronized void add(BodyWatch watch) {
            BodyWatch second = first;
            watch.next = second;
            if (second != null) {
                second.previous = watch;
            }
            first = watch;
            arm();
        }

        /** Does nothing for one that has left. */
        synchronized void leave(BodyWatch watch) {
            BodyWatch before = watch.previous;
            if (before == null && !watch.equals(first)) {
                return;
            }
            BodyWatch behind = watch.next;
            if (before == null) {
                first = behind;
            } else {
                before.next = behind;
            }
            if (behind != null) {
                behind.previous = before;
            }
            watch.previous = null;
            watch.next = null;
        }

        private void arm() {
            if (!armed && first != null) {
                try {
                    thread.executeAfter(this, periodNanos, TimeUnit.NANOSECONDS);
                    armed = true;
                } catch (RejectedExecutionException e) {
                    // the thread is ending, and with it every exchange on it
                }
            }
        }

        @Override
        public void run() {
            try {
                long now = nanos.getAsLong();
                watched().forEach(watch -> watch.sweep(now, idleNanos));
            } finally {
                rearm();
            }
        }

        private synchronized List<BodyWatch> watched() {
            List<BodyWatch> watched = new ArrayList<>();
            for (BodyWatch watch = first; watch != null; watch = watch.next) {
                watched.add(watch);
            }
            return watched;
        }

        private synchronized void rearm() {
            armed = false;
            arm();
        }
    }
}
