package dev.tlsproxy.internal.upstream;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.xnio.XnioExecutor;
import org.xnio.XnioIoThread;

/** The time for a response head, counted from the last progress of the request. */
final class ResponseTimer {

    private final XnioIoThread thread;
    private final long limit;
    private final LongSupplier ticker;
    private final Runnable expired;
    private XnioExecutor.@Nullable Key key;
    private long since;

    ResponseTimer(XnioIoThread thread, Duration limit, LongSupplier ticker, Runnable expired) {
        this.thread = thread;
        this.limit = limit.toNanos();
        this.ticker = ticker;
        this.expired = expired;
    }

    void start() {
        progress();
        arm(limit);
    }

    /** Cheap: the timer itself is set anew only when it fires too early. */
    void progress() {
        since = ticker.getAsLong();
    }

    void stop() {
        if (key != null) {
            key.remove();
            key = null;
        }
    }

    private void arm(long nanos) {
        stop();
        key = Timers.after(thread, nanos, this::fired);
    }

    private void fired() {
        key = null;
        long left = limit - (ticker.getAsLong() - since);
        if (left > 0) {
            arm(left);
        } else {
            expired.run();
        }
    }
}
