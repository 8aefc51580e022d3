package dev.tlsproxy.acme.internal.life;

import java.time.Duration;
import java.util.Map;

/**
 * How much at once and how often.
 *
 * @param ordersInFlight orders under way at the same time, 1 or more; names whose last try failed get at most half of them
 * @param ownRate orders begun per time at each CA, whatever the CA allows
 * @param checkEvery a name is looked at no less often than this: its store entry is read, and the clock compared
 * @param longestSleep the clock is read no less often than this, so that sleep of the machine and jumps of the clock are
 *     noticed
 * @param limits the published limits of CAs, by the CA's id; a CA that is not in it has none
 */
public record LifeSettings(
        int ordersInFlight, Limit ownRate, Duration checkEvery, Duration longestSleep, Map<String, CaLimits> limits) {

    /** What fits one program at public CAs. */
    public static final LifeSettings DEFAULTS = new LifeSettings(
            8,
            new Limit(10, Duration.ofSeconds(10)),
            Duration.ofMinutes(10),
            Duration.ofSeconds(30),
            Map.of("acme-v02.api.letsencrypt.org-directory", CaLimits.LETS_ENCRYPT));

    /** Checks the ranges and copies the map. */
    public LifeSettings {
        if (ordersInFlight < 1) {
            throw new IllegalArgumentException("ordersInFlight: " + ordersInFlight + " (expected: 1 or more)");
        }
        if (checkEvery.isZero() || checkEvery.isNegative() || longestSleep.isZero() || longestSleep.isNegative()) {
            throw new IllegalArgumentException(
                    "checkEvery, longestSleep: " + checkEvery + ", " + longestSleep + " (expected: more than zero)");
        }
        limits = Map.copyOf(limits);
    }

    /**
     * So many within such a time.
     *
     * @param count how many, 1 or more
     * @param within the time, more than zero
     */
    public record Limit(int count, Duration within) {

        /** Checks the ranges. */
        public Limit {
            if (count < 1 || within.isZero() || within.isNegative()) {
                throw new IllegalArgumentException(
                        "limit: " + count + " in " + within + " (expected: 1 or more, in more than zero)");
            }
        }
    }

    /**
     * A CA's published limits. Renewals that name the certificate they replace (RFC 9773 section 5) are exempt from all
     * but the last.
     *
     * @param orders new orders of the account
     * @param perDomain certificates of a registered domain
     * @param perSet certificates of exactly the same names
     * @param failedValidations failed validations of a name
     */
    public record CaLimits(Limit orders, Limit perDomain, Limit perSet, Limit failedValidations) {

        /** Let's Encrypt's, of its production environment. */
        public static final CaLimits LETS_ENCRYPT = new CaLimits(
                new Limit(300, Duration.ofHours(3)),
                new Limit(50, Duration.ofDays(7)),
                new Limit(5, Duration.ofDays(7)),
                new Limit(5, Duration.ofHours(1)));
    }
}
