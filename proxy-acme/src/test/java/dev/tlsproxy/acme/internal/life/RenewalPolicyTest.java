package dev.tlsproxy.acme.internal.life;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.acme.internal.order.RenewalWindow;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RenewalPolicyTest {

    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    @Test
    void isDueInTheLastThirdAndInTheLastHalfBelowTenDays() {
        assertThat(due(90, Optional.empty())).isEqualTo(START.plus(Duration.ofDays(60)));
        assertThat(due(6, Optional.empty())).isEqualTo(START.plus(Duration.ofDays(3)));
    }

    @Test
    void followsTheCaButNotIntoTheLastTwentieth() {
        Instant early = START.plus(Duration.ofDays(2));
        assertThat(due(90, Optional.of(early))).isEqualTo(early);
        assertThat(due(100, Optional.of(START.plus(Duration.ofDays(99))))).isEqualTo(START.plus(Duration.ofDays(95)));
    }

    @Test
    void choosesInsideTheWindowAlsoWhereItIsEmpty() {
        Random random = new Random(1);
        RenewalWindow window = new RenewalWindow(START, START.plusSeconds(10), START, Optional.empty());
        for (int i = 0; i < 100; i++) {
            assertThat(RenewalPolicy.choose(window, random)).isBetween(START, START.plusSeconds(10));
        }
        assertThat(RenewalPolicy.choose(new RenewalWindow(START, START, START, Optional.empty()), random))
                .isEqualTo(START);
    }

    @Test
    void retriesSoonAtFirstAndEverySixHoursLaterAndDailyAfterAMonth() {
        Random random = new Random(1);
        assertThat(Duration.between(START, RetrySchedule.next(1, START, START, random)))
                .isBetween(Duration.ofSeconds(54), Duration.ofMinutes(1));
        assertThat(Duration.between(START, RetrySchedule.next(99, START, START, random)))
                .isBetween(Duration.ofMinutes(324), Duration.ofHours(6));
        Instant later = START.plus(Duration.ofDays(30));
        assertThat(Duration.between(later, RetrySchedule.next(150, START, later, random)))
                .isGreaterThan(Duration.ofHours(21));
    }

    @Test
    void countsNamesByRegisteredDomain() {
        assertThat(RegisteredDomain.of("a.b.example.com")).isEqualTo("example.com");
        assertThat(RegisteredDomain.of("*.example.co.uk")).isEqualTo("example.co.uk");
        assertThat(RegisteredDomain.of("192.0.2.1")).isEqualTo("192.0.2.1");
    }

    private static Instant due(int days, Optional<Instant> chosen) {
        return RenewalPolicy.plan(START, START.plus(Duration.ofDays(days)), chosen, Optional.empty())
                .due();
    }
}
