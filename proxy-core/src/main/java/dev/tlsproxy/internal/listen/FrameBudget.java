package dev.tlsproxy.internal.listen;

import io.undertow.protocols.http2.ConnectionErrorException;
import io.undertow.protocols.http2.Http2Channel;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Ends an HTTP/2 connection whose client sends more frames of no use than any client has reason to (RFC 9113 section
 * 10.5). Undertow counts resets too, but none of a stream whose request is whole. Used on the connection's I/O thread.
 */
final class FrameBudget {

    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int PRIORITY = 2;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PUSH_PROMISE = 5;
    static final int PING = 6;
    static final int WINDOW_UPDATE = 8;
    static final int CONTINUATION = 9;

    static final int END_STREAM = 1;
    static final int ACK = 1;

    /** Clients that use PRIORITY send one or two with a request, and some in advance. */
    static final int KEPT = 1_000;

    static final int ANSWERED = 1_000;
    static final int UPDATES = 10_000;

    /** As Undertow has it: 200 in 30 s (CVE-2023-44487). */
    static final int RESETS = 200;

    /** A client that pings every second may do so for days; one that measures pings with what it receives. */
    private static final int ANSWERED_PER_SECOND = 10;

    private static final int ANSWERED_PER_DATA = 2;
    private static final int UPDATES_PER_SECOND = 100;
    private static final int RESETS_PER_SECOND = 7;

    /** Some clients open the window after each read of theirs, of which a frame of 16 KiB takes many. */
    private static final int UPDATES_PER_DATA = 64;

    private final LongSupplier nanos;
    private long refilled;
    private int kept = KEPT;
    private int answered = ANSWERED;
    private int updates = UPDATES;
    private int resets = RESETS;

    FrameBudget(LongSupplier nanos) {
        this.nanos = nanos;
        this.refilled = nanos.getAsLong();
    }

    /**
     * Counts a frame of the client's.
     *
     * @throws ConnectionErrorException ENHANCE_YOUR_CALM at the first too many
     */
    void received(int type, int flags, int length) throws ConnectionErrorException {
        switch (type) {
            // Flow control does not count these, and Undertow keeps them in memory until the body is read.
            case DATA -> kept = count(kept, length > 0 ? 1 : (flags & END_STREAM) - 1, KEPT, "empty DATA frames");
            case PRIORITY -> kept = count(kept, -1, KEPT, "PRIORITY frames");
            case HEADERS -> kept = count(kept, 2, KEPT, "HEADERS frames");
            // An answer waits in memory where the client does not read.
            case PING, SETTINGS -> {
                if ((flags & ACK) == 0) {
                    refill();
                    answered = count(answered, -1, ANSWERED, "PING or SETTINGS frames");
                }
            }
            case RST_STREAM -> {
                refill();
                resets = count(resets, -1, RESETS, "RST_STREAM frames");
            }
            case WINDOW_UPDATE -> {
                refill();
                updates = count(updates, -1, UPDATES, "WINDOW_UPDATE frames");
            }
            default -> {
                // bounded elsewhere, or dropped at once
            }
        }
    }

    /** Counts a frame that was sent to the client. */
    void sent(int type) {
        if (type == DATA) {
            answered = Math.min(ANSWERED, answered + ANSWERED_PER_DATA);
            updates = Math.min(UPDATES, updates + UPDATES_PER_DATA);
        }
    }

    private void refill() {
        long seconds = TimeUnit.NANOSECONDS.toSeconds(nanos.getAsLong() - refilled);
        if (seconds > 0) {
            refilled += TimeUnit.SECONDS.toNanos(seconds);
            answered = (int) Math.min(ANSWERED, answered + seconds * ANSWERED_PER_SECOND);
            updates = (int) Math.min(UPDATES, updates + seconds * UPDATES_PER_SECOND);
            resets = (int) Math.min(RESETS, resets + seconds * RESETS_PER_SECOND);
        }
    }

    private static int count(int left, int more, int most, String what) throws ConnectionErrorException {
        int now = Math.min(most, left + more);
        if (now < 0) {
            throw new ConnectionErrorException(Http2Channel.ERROR_ENHANCE_YOUR_CALM, "flood of " + what);
        }
        return now;
    }
}
