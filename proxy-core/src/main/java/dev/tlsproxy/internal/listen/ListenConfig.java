package dev.tlsproxy.internal.listen;

import java.time.Duration;

/**
 * The limits of both listeners.
 *
 * @param handshake from accepting a connection to the end of its TLS handshake
 * @param heldHandshake the same for a handshake that had to wait for a certificate; not less than {@code handshake}
 * @param requestHead from the first to the last byte of a request head
 * @param keepAlive how long a connection without a request stays open
 * @param maxHeaderBytes largest request head, in bytes
 * @param maxHeaders most fields in a request head
 * @param maxStreams most concurrent streams that an HTTP/2 connection is told it may open
 */
public record ListenConfig(
        Duration handshake,
        Duration heldHandshake,
        Duration requestHead,
        Duration keepAlive,
        int maxHeaderBytes,
        int maxHeaders,
        int maxStreams) {

    private static final Duration HELD_HANDSHAKE = Duration.ofSeconds(30);

    /** Checks the time of a handshake that waits. */
    public ListenConfig {
        if (heldHandshake.compareTo(handshake) < 0) {
            throw new IllegalArgumentException(
                    "heldHandshake: " + heldHandshake + " (expected: at least " + handshake + ", as handshake)");
        }
    }

    /**
     * The limits with the default sizes: 32 KiB and 200 fields in a request head, 100 streams; and 30 s, or
     * {@code handshake} where that is longer, for a handshake that waits for a certificate.
     *
     * @param handshake from accepting a connection to the end of its TLS handshake
     * @param requestHead from the first to the last byte of a request head
     * @param keepAlive how long a connection without a request stays open
     * @return the limits
     */
    public static ListenConfig of(Duration handshake, Duration requestHead, Duration keepAlive) {
        return new ListenConfig(
                handshake,
                handshake.compareTo(HELD_HANDSHAKE) > 0 ? handshake : HELD_HANDSHAKE,
                requestHead,
                keepAlive,
                32 * 1024,
                200,
                100);
    }
}
