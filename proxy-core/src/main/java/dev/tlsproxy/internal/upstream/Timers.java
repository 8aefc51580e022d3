package dev.tlsproxy.internal.upstream;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.xnio.XnioExecutor;
import org.xnio.XnioIoThread;

/** Timers of an I/O thread. */
final class Timers {

    private Timers() {}

    /**
     * Runs a task later on the thread, never before the time is over.
     *
     * @return removes the timer; does nothing when the thread is shutting down, where timers never run
     */
    static XnioExecutor.Key after(XnioIoThread thread, long nanos, Runnable task) {
        // rounded up: XNIO counts whole milliseconds, and a timer of 0 ms would run in the same turn, again and again
        long millis = Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos + 999_999));
        try {
            return thread.executeAfter(task, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            return () -> false;
        }
    }
}
