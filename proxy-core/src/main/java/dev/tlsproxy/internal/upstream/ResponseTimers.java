package dev.tlsproxy.internal.upstream;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.XnioExecutor;
import org.xnio.XnioIoThread;

/**
 * The response timers that run on one I/O thread, with one timer of the thread for all of them: most responses come long
 * before, and to set and take back a timer costs more than to stand in a list. It is set for the earliest time of those
 * that run when it is set, and only for an earlier one anew. Thread-safe; times run out on the I/O thread.
 */
final class ResponseTimers {

    private static final Logger LOG = LoggerFactory.getLogger(ResponseTimers.class);

    private final XnioIoThread thread;
    private final LongSupplier ticker;
    private @Nullable ResponseTimer first;
    private XnioExecutor.@Nullable Key key;
    private long armedFor; // holds while there is a key

    ResponseTimers(XnioIoThread thread, LongSupplier ticker) {
        this.thread = thread;
        this.ticker = ticker;
    }

    long now() {
        return ticker.getAsLong();
    }

    /** Begins, or begins anew. */
    synchronized void add(ResponseTimer timer) {
        remove(timer);
        timer.listed = true;
        ResponseTimer second = first;
        timer.next = second;
        if (second != null) {
            second.previous = timer;
        }
        first = timer;
        arm(timer.deadline());
    }

    /** Whether it ran until now. */
    synchronized boolean remove(ResponseTimer timer) {
        if (!timer.listed) {
            return false;
        }
        timer.listed = false;
        ResponseTimer before = timer.previous;
        ResponseTimer behind = timer.next;
        if (before == null) {
            first = behind;
        } else {
            before.next = behind;
        }
        if (behind != null) {
            behind.previous = before;
        }
        timer.previous = null;
        timer.next = null;
        return true;
    }

    private void arm(long deadline) {
        if (key != null) {
            if (deadline - armedFor >= 0) {
                return;
            }
            key.remove();
        }
        armedFor = deadline;
        key = Timers.after(thread, deadline - now(), this::fired);
    }

    /** The thread's timer fired. */
    void fired() {
        for (ResponseTimer timer : due()) {
            try {
                timer.runOut();
            } catch (RuntimeException | Error e) {
                LOG.error("a response time-out failed", e); // those behind it have no other timer
            }
        }
    }

    private synchronized List<ResponseTimer> due() {
        key = null;
        List<ResponseTimer> due = new ArrayList<>();
        ResponseTimer earliest = null;
        long now = now();
        for (ResponseTimer timer = first; timer != null; timer = timer.next) {
            if (timer.deadline() - now <= 0) {
                due.add(timer);
            } else if (earliest == null || timer.deadline() - earliest.deadline() < 0) {
                earliest = timer;
            }
        }
        if (earliest != null) {
            arm(earliest.deadline());
        }
        return due;
    }
}
