package dev.tlsproxy.acme.internal.life;

import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;

/**
 * How long to wait after the n-th failure in a row: short at first, for what mends itself or is being mended, up to six
 * hours for thirty days, and once a day from then on. It never ends: what is broken for a month is as likely to be mended as
 * before, and a try a day hurts no one.
 */
final class RetrySchedule {

    /** No wait is longer; a time further away was computed with a wrong clock. CAs' limits run over a week. */
    static final Duration LONGEST = Duration.ofDays(8);

    private static final int[] MINUTES = {
        1, 2, 2, 5, 10, 10, 10, 20, 20, 20, 20, 30, 30, 30, 30, 30, 30, 60, 60, 60, 120, 120, 180, 180, 360
    };
    private static final Duration SHORT_TRIES_END = Duration.ofDays(30);
    private static final Duration AFTER_THAT = Duration.ofDays(1);

    private RetrySchedule() {}

    /**
     * The next try.
     *
     * @param failures in a row, this one included; 1 or more
     * @param first when the first of them was
     * @param now the present
     * @param random takes up to a tenth off the wait, so that names that failed together do not come back together
     */
    static Instant next(int failures, Instant first, Instant now, RandomGenerator random) {
        Duration wait =
                Duration.between(first, now).compareTo(SHORT_TRIES_END) >= 0 ? AFTER_THAT : afterFailures(failures);
        long tenth = wait.toMillis() / 10;
        return now.plus(wait).minusMillis(random.nextLong(tenth + 1));
    }

    static Duration afterFailures(int failures) {
        return Duration.ofMinutes(MINUTES[Math.min(failures, MINUTES.length) - 1]);
    }
}
