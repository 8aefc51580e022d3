package dev.tlsproxy.internal.http2;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Ends a connection whose upstream sends more frames of no use than any server has reason to (RFC 9113 section 10.5).
 */
final class FloodBudget {

    /** PING and SETTINGS: an answer waits in memory where the upstream does not read. */
    static final int ANSWERED = 1_000;

    static final int UPDATES = 10_000;

    /** DATA without content, PRIORITY, frames of unknown types or of streams that are over. */
    static final int USELESS = 1_000;

    /** A server may ping for days; one that measures the way pings with what it receives. */
    private static final int ANSWERED_PER_SECOND = 10;

    private static final int ANSWERED_PER_DATA = 2;
    private static final int UPDATES_PER_SECOND = 100;

    /** Some servers open the window after each read of theirs. */
    private static final int UPDATES_PER_DATA = 64;

    private static final int USELESS_PER_SECOND = 10;

    private final LongSupplier nanos;
    private long refilled;
    private int answered = ANSWERED;
    private int updates = UPDATES;
    private int useless = USELESS;

    FloodBudget(LongSupplier nanos) {
        this.nanos = nanos;
        this.refilled = nanos.getAsLong();
    }

    /** Counts a PING or SETTINGS. */
    void answered() throws ConnectionErrorException {
        refill();
        answered = less(answered, "PING or SETTINGS frames");
    }

    /** Counts a WINDOW_UPDATE. */
    void update() throws ConnectionErrorException {
        refill();
        updates = less(updates, "WINDOW_UPDATE frames");
    }

    /** Counts a frame that moves nothing on. */
    void useless() throws ConnectionErrorException {
        refill();
        useless = less(useless, "frames without use");
    }

    /** Counts a DATA frame that was sent. */
    void sentData() {
        answered = Math.min(ANSWERED, answered + ANSWERED_PER_DATA);
        updates = Math.min(UPDATES, updates + UPDATES_PER_DATA);
    }

    /** Counts a response head. */
    void responded() {
        useless = Math.min(USELESS, useless + 2);
    }

    private void refill() {
        long seconds = TimeUnit.NANOSECONDS.toSeconds(nanos.getAsLong() - refilled);
        if (seconds > 0) {
            refilled += TimeUnit.SECONDS.toNanos(seconds);
            answered = (int) Math.min(ANSWERED, answered + seconds * ANSWERED_PER_SECOND);
            updates = (int) Math.min(UPDATES, updates + seconds * UPDATES_PER_SECOND);
            useless = (int) Math.min(USELESS, useless + seconds * USELESS_PER_SECOND);
        }
    }

    private static int less(int left, String what) throws ConnectionErrorException {
        if (left == 0) {
            throw new ConnectionErrorException(Frame.ENHANCE_YOUR_CALM, "flood of " + what);
        }
        return left - 1;
    }
}
