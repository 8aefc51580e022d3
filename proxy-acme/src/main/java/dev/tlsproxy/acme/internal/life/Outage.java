package dev.tlsproxy.acme.internal.life;

import java.time.Instant;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/**
 * Whether a CA is down, judged from what names met there since its last success: one name that fails alone backs off alone,
 * three that fail make an outage, and then no name asks before {@code until}. Immutable.
 *
 * @param names up to three that failed
 * @param count how often {@code until} was moved
 * @param first when the first failed
 * @param until when the next one may ask
 */
record Outage(Set<String> names, int count, Instant first, Instant until) {

    static final Outage NONE = new Outage(Set.of(), 0, Instant.EPOCH, Instant.EPOCH);

    private static final int OUTAGE = 3;

    Outage failed(String name, Instant now, RandomGenerator random) {
        Set<String> all = new TreeSet<>(names);
        if (all.size() < OUTAGE) {
            all.add(name);
        }
        Instant since = names.isEmpty() || first.isAfter(now) ? now : first;
        if (all.size() < OUTAGE || isOpen(now)) {
            return new Outage(Set.copyOf(all), count, since, until);
        }
        int more = Math.min(count + 1, 1000);
        return new Outage(Set.copyOf(all), more, since, RetrySchedule.next(more, since, now, random));
    }

    /** No one may ask now. */
    boolean isOpen(Instant now) {
        return until.isAfter(now) && until.isBefore(now.plus(RetrySchedule.LONGEST));
    }

    /** One may ask now, to see whether it is over. */
    boolean isHalfOpen(Instant now) {
        return count > 0 && !isOpen(now);
    }
}
