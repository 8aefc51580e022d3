package dev.tlsproxy.acme.internal.life;

import dev.tlsproxy.acme.internal.order.RenewalWindow;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** When a certificate is due. All thresholds are relative to its lifetime. */
final class RenewalPolicy {

    private static final Duration SHORT_LIVED = Duration.ofDays(10);
    private static final Duration LONGEST_REST = Duration.ofHours(6);

    private RenewalPolicy() {}

    /**
     * When it is due, and how that came about.
     *
     * @param due from when on it is to be renewed
     * @param emergency from when on it is renewed whatever the CA wants: less than a twentieth of the lifetime is left
     * @param wanted when the CA wants it renewed
     */
    record Plan(Instant due, Instant emergency, Optional<Instant> wanted) {

        /** The CA's "not yet" is overridden. */
        boolean overrides(Instant now) {
            return !now.isBefore(emergency)
                    && wanted.isPresent()
                    && wanted.get().isAfter(now);
        }
    }

    /**
     * The plan for a certificate.
     *
     * @param notBefore start of its validity
     * @param notAfter end of its validity
     * @param chosen the instant that was chosen in the CA's window, where there is one (RFC 9773 section 4.2)
     * @param issued when it was issued by our clock, where known: a CA whose window for each new certificate is past would
     *     otherwise be asked for the next one without end. It rests for a twentieth of its lifetime, at most six hours
     */
    static Plan plan(Instant notBefore, Instant notAfter, Optional<Instant> chosen, Optional<Instant> issued) {
        Duration lifetime = lifetime(notBefore, notAfter);
        Instant emergency = notAfter.minus(lifetime.dividedBy(20));
        Duration rest = min(lifetime.dividedBy(20), LONGEST_REST);
        Optional<Instant> wanted = chosen.map(
                instant -> issued.map(at -> later(instant, at.plus(rest))).orElse(instant));
        Instant due = wanted.orElse(notAfter.minus(lifetime.dividedBy(lifetime.compareTo(SHORT_LIVED) < 0 ? 2 : 3)));
        return new Plan(due.isBefore(emergency) ? due : emergency, emergency, wanted);
    }

    /** A random instant in the window; its start where it is empty. */
    static Instant choose(RenewalWindow window, RandomGenerator random) {
        long millis = Math.max(0, Duration.between(window.start(), window.end()).toMillis());
        return window.start().plusMillis(random.nextLong(millis + 1));
    }

    /** No later than needed, and no less often than {@code every}: sleep of the machine makes waits longer. */
    static Instant nextCheck(Instant now, Duration every, Instant... needed) {
        Instant next = now.plus(every);
        for (Instant instant : needed) {
            next = instant.isBefore(next) ? instant : next;
        }
        return next.isBefore(now) ? now : next;
    }

    static Duration lifetime(Instant notBefore, Instant notAfter) {
        return Duration.between(notBefore, notAfter);
    }

    static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }

    private static Duration min(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
