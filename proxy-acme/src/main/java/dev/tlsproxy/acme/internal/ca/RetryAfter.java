package dev.tlsproxy.acme.internal.ca;

import java.net.http.HttpHeaders;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.regex.Pattern;

/** The Retry-After field (RFC 9110 section 10.2.3) in the time of our own clock. */
final class RetryAfter {

    private static final Pattern SECONDS = Pattern.compile("\\d{1,9}");
    private static final Duration LONGEST = Duration.ofDays(31);

    private RetryAfter() {}

    /** Empty where there is none or it can't be read; may be past; at most 31 days ahead. */
    static Optional<Instant> of(HttpHeaders headers, Clock clock) {
        Instant now = clock.instant();
        return headers.firstValue("Retry-After")
                .map(String::trim)
                .flatMap(value -> SECONDS.matcher(value).matches()
                        ? Optional.of(Duration.ofSeconds(Long.parseLong(value)))
                        // a date is in the CA's time, and its Date field says what that is
                        : date(value)
                                .map(at -> Duration.between(
                                        headers.firstValue("Date")
                                                .flatMap(RetryAfter::date)
                                                .orElse(now),
                                        at)))
                .map(wait -> now.plus(wait.compareTo(LONGEST) > 0 ? LONGEST : wait));
    }

    private static Optional<Instant> date(String value) {
        try {
            return Optional.of(ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant());
        } catch (DateTimeException unreadable) {
            return Optional.empty();
        }
    }
}
