package dev.tlsproxy.internal.upstream;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The time for a response head, counted from the last progress of the request. */
final class ResponseTimer {

    private final ResponseTimers timers;
    private final long limit;
    private final Runnable expired;
    private volatile long since;

    // where it stands with the timers, and guarded by them
    boolean listed;

    @Nullable
    ResponseTimer previous;

    @Nullable
    ResponseTimer next;

    /**
     * @param timers of the I/O thread that {@code expired} runs on
     */
    ResponseTimer(ResponseTimers timers, Duration limit, Runnable expired) {
        this.timers = timers;
        this.limit = limit.toNanos();
        this.expired = expired;
    }

    void start() {
        progress();
        timers.add(this);
    }

    /** Cheap: the thread's timer is set anew only when it fires too early. */
    void progress() {
        since = timers.now();
    }

    void stop() {
        timers.remove(this);
    }

    /** When the time is over; nanoseconds as of the pool's ticker. */
    long deadline() {
        return since + limit;
    }

    /** Called by the timers. */
    void runOut() {
        if (timers.remove(this)) {
            expired.run();
        }
    }
}
