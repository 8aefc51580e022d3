package dev.tlsproxy.internal.tunnel;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.xnio.XnioExecutor;
import org.xnio.XnioIoThread;

/** The timers of one tunnel, on its I/O thread. */
final class TunnelTimers {

    private static final Duration LONGEST = Duration.ofDays(3650);

    private final XnioIoThread thread;
    private final Consumer<Runnable> runner;
    private @Nullable Set<Timer> pending;

    /**
     * @param runner runs a task when its time has come
     */
    TunnelTimers(XnioIoThread thread, Consumer<Runnable> runner) {
        this.thread = thread;
        this.runner = runner;
    }

    /** Runs a task later, never in the same turn of the thread. */
    Runnable after(Duration delay, Runnable task) {
        Duration bounded = delay.compareTo(LONGEST) > 0 ? LONGEST : delay;
        // rounded up: XNIO counts whole milliseconds
        long millis = Math.max(1, bounded.plusNanos(999_999).toMillis());
        Timer timer = new Timer(task);
        try {
            timer.key = thread.executeAfter(timer, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            return () -> {}; // the thread is ending, and with it the tunnel
        }
        if (pending == null) {
            pending = new HashSet<>(4);
        }
        pending.add(timer);
        return timer::cancel;
    }

    void cancelAll() {
        if (pending != null) {
            List.copyOf(pending).forEach(Timer::cancel);
        }
    }

    int size() {
        return pending == null ? 0 : pending.size();
    }

    private boolean forget(Timer timer) {
        return pending != null && pending.remove(timer);
    }

    private final class Timer implements Runnable {

        private final Runnable task;
        private XnioExecutor.@Nullable Key key;

        Timer(Runnable task) {
            this.task = task;
        }

        @Override
        public void run() {
            if (forget(this)) {
                runner.accept(task);
            }
        }

        void cancel() {
            if (forget(this) && key != null) {
                key.remove();
            }
        }
    }
}
