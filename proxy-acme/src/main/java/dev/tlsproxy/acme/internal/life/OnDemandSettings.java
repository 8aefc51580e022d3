package dev.tlsproxy.acme.internal.life;

import java.time.Duration;
import java.util.function.Predicate;

/**
 * Which names are obtained on demand.
 *
 * @param allowed decides on a host name in lower case; called on daemon threads, up to {@link #DECISIONS} at once; may block
 * @param perHour new names ordered in any hour, 1..1000
 */
public record OnDemandSettings(Predicate<String> allowed, int perHour) {

    /** Decisions under way at the same time. */
    public static final int DECISIONS = 4;

    /** Names of which a client waits for the decision or the certificate; others are refused meanwhile. */
    public static final int MOST_PENDING = 1_000;

    /** Names that are kept in one run; no others are obtained beside them. */
    public static final int MOST_NAMES = 10_000;

    /** Refused names that are remembered. */
    static final int MOST_REFUSED = 10_000;

    /** How long a refusal is remembered at most. */
    public static final Duration REFUSED = Duration.ofMinutes(1);

    /** A name that no client asked for in this time is not renewed. */
    public static final Duration UNUSED = Duration.ofDays(30);

    /** Checks the range. */
    public OnDemandSettings {
        if (perHour < 1 || perHour > 1000) {
            throw new IllegalArgumentException("perHour: " + perHour + " (expected: 1..1000)");
        }
    }
}
