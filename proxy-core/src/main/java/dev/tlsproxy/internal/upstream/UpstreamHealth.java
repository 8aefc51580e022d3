package dev.tlsproxy.internal.upstream;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether one upstream is up, by what exchanges saw of it and by what each health check says. Told as one: down with the
 * first cause, up when the last is gone.
 *
 * <p>An upstream that failed is skipped for 1 s, then for twice as long as before, at most 60 s. When that time is over one
 * exchange tries it, and the others go on to skip it until that one's connection is made, or has taken too long.
 *
 * <p>Thread-safe.
 */
final class UpstreamHealth {

    private static final Object FAILED = "failed";
    private static final long FIRST_SKIP_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long LONGEST_SKIP_NANOS = Duration.ofSeconds(60).toNanos();

    /** One slow page is not a slow upstream. */
    private static final int TIMEOUTS_IN_A_ROW = 3;

    /** Told in the order of events, under a lock: passes them on and returns. */
    interface Listener {
        void down(String reason);

        void up(String reason);
    }

    private final Listener listener;
    private final LongSupplier ticker;
    private final long trialNanos;
    private volatile Set<Object> causes = Set.of(); // FAILED and configurations of checks
    private volatile long skippedUntil;
    private volatile boolean recovered;
    private volatile long recoveredAt;
    private volatile int timeouts;
    private long skip; // these four guarded by this
    private boolean onTrial;
    private boolean connectSuffices;
    private boolean forgotten;

    /**
     * @param trial how long the one exchange may take that tries an upstream again
     */
    UpstreamHealth(Listener listener, LongSupplier ticker, Duration trial) {
        this.listener = listener;
        this.ticker = ticker;
        this.trialNanos = trial.toNanos();
    }

    /** Whether exchanges of a group with that check had better go elsewhere. */
    boolean isSkipped(@Nullable CheckConfig check) {
        Set<Object> now = causes;
        if (now.isEmpty()) {
            return false;
        }
        return (check != null && now.contains(check))
                || (now.contains(FAILED) && ticker.getAsLong() - skippedUntil < 0);
    }

    /** An exchange is about to try it; others skip it meanwhile, if it failed before. */
    void tried() {
        if (hasFailed()) {
            startTrial();
        }
    }

    private boolean hasFailed() {
        Set<Object> now = causes;
        return !now.isEmpty()
                && now.contains(FAILED); // of an empty set even contains() costs a visible part of a request
    }

    private synchronized void startTrial() {
        long now = ticker.getAsLong();
        if (hasFailed() && now - skippedUntil >= 0) {
            onTrial = true;
            skippedUntil = now + trialNanos;
        }
    }

    /** No connection could be made. */
    void connectFailed(UpstreamFailure failure) {
        failed(failure, true);
    }

    /** No response head came in time. */
    synchronized void responseTimedOut() {
        timeouts = Math.min(timeouts + 1, TIMEOUTS_IN_A_ROW);
        if (timeouts == TIMEOUTS_IN_A_ROW) {
            failed(UpstreamFailure.RESPONSE_TIMEOUT, false);
        }
    }

    private synchronized void failed(UpstreamFailure failure, boolean connecting) {
        long now = ticker.getAsLong();
        boolean failedBefore = hasFailed();
        if (failedBefore && !onTrial && now - skippedUntil < 0) {
            return; // it was on its way when the first one failed
        }
        skip = failedBefore ? Math.min(2 * skip, LONGEST_SKIP_NANOS) : FIRST_SKIP_NANOS;
        skippedUntil = now + skip;
        onTrial = false;
        connectSuffices = connecting;
        add(FAILED, failure.reason());
    }

    /** A connection was made. Does not clear an upstream that accepts and then does not answer. */
    void connectWorked() {
        if (hasFailed()) {
            accepted();
        }
    }

    private synchronized void accepted() {
        if (connectSuffices) {
            recovered("accepts connections");
        }
    }

    /** A response head came, whatever its status. */
    void answered() {
        if (timeouts != 0 || hasFailed()) {
            responded();
        }
    }

    private synchronized void responded() {
        timeouts = 0;
        recovered("answers");
    }

    private synchronized void recovered(String reason) {
        onTrial = false;
        remove(FAILED, reason);
    }

    /** A check came to the result that it is down. */
    synchronized void checkedDown(CheckConfig check, String reason) {
        add(check, reason);
    }

    /** A check came to the result that it is up, or is no longer made. */
    synchronized void checkedUp(CheckConfig check, String reason) {
        remove(check, reason);
    }

    /** No route has it any more: nobody is to wait for its recovery. */
    synchronized void forget() {
        recovered("is in no route any more");
        forgotten = true;
    }

    /** How much of its share it takes: grows from 0 at its recovery to 1. */
    double share(Duration slowStart) {
        if (!recovered || slowStart.isZero()) {
            return 1;
        }
        double age = ticker.getAsLong() - recoveredAt;
        return Math.min(1, age / slowStart.toNanos());
    }

    private void add(Object cause, String reason) {
        Set<Object> before = causes;
        Set<Object> next = new HashSet<>(before);
        if (!forgotten && next.add(cause)) {
            causes = Set.copyOf(next);
            if (before.isEmpty()) {
                listener.down(reason);
            }
        }
    }

    private void remove(Object cause, String reason) {
        Set<Object> next = new HashSet<>(causes);
        if (next.remove(cause)) {
            if (next.isEmpty()) {
                recoveredAt = ticker.getAsLong();
                recovered = true;
            }
            causes = Set.copyOf(next);
            if (next.isEmpty()) {
                listener.up(reason);
            }
        }
    }
}
