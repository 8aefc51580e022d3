package dev.tlsproxy.acme.internal.ca;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpHeaders;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class RetryAfterTest {

    private static final Instant NOW = Instant.parse("2027-03-01T12:00:00Z");

    @Test
    void readsSeconds() {
        assertThat(of(Map.of("Retry-After", "120"))).contains(NOW.plusSeconds(120));
        assertThat(of(Map.of("Retry-After", "0"))).contains(NOW);
    }

    @Test
    void readsADate() {
        assertThat(of(Map.of("Retry-After", "Mon, 1 Mar 2027 12:02:00 GMT"))).contains(NOW.plusSeconds(120));
    }

    @Test
    void readsADateInTheTimeOfTheServer() {
        assertThat(of(Map.of("Date", "Mon, 1 Mar 2027 11:50:00 GMT", "Retry-After", "Mon, 1 Mar 2027 11:52:00 GMT")))
                .contains(NOW.plusSeconds(120));
    }

    @Test
    void boundsWhatIsFarAway() {
        assertThat(of(Map.of("Retry-After", "999999999"))).contains(NOW.plus(Duration.ofDays(31)));
    }

    @Test
    void ignoresNonsense() {
        assertThat(of(Map.of("Retry-After", "soon"))).isEmpty();
        assertThat(of(Map.of("Retry-After", "99999999999999"))).isEmpty();
        assertThat(of(Map.of())).isEmpty();
    }

    private static Optional<Instant> of(Map<String, String> headers) {
        Map<String, List<String>> all = new TreeMap<>();
        headers.forEach((name, value) -> all.put(name, List.of(value)));
        return RetryAfter.of(HttpHeaders.of(all, (name, value) -> true), Clock.fixed(NOW, ZoneOffset.UTC));
    }
}
