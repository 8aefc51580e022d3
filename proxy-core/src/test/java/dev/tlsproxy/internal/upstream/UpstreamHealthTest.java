package dev.tlsproxy.internal.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class UpstreamHealthTest {

    private static final CheckConfig CHECK =
            new CheckConfig("/health", null, Duration.ofSeconds(1), Duration.ofSeconds(1), 200, 299, 1, 1);
    private static final Duration TRIAL = Duration.ofSeconds(5);

    private final List<String> told = new ArrayList<>();
    private long now = Long.MAX_VALUE - 1_000_000_000L; // nanoTime may wrap
    private final UpstreamHealth health = new UpstreamHealth(recording(told), () -> now, TRIAL);

    static UpstreamHealth.Listener recording(List<String> told) {
        return new UpstreamHealth.Listener() {
            @Override
            public void down(String reason) {
                told.add("down: " + reason);
            }

            @Override
            public void up(String reason) {
                told.add("up: " + reason);
            }
        };
    }

    @Test
    void isSkippedAfterAFailedConnectAndTriedAgainByOneExchangeOnly() {
        health.connectFailed(UpstreamFailure.REFUSED);
        assertThat(skipped()).isTrue();
        pass(Duration.ofMillis(999));
        assertThat(skipped()).isTrue();
        pass(Duration.ofMillis(1));
        assertThat(skipped()).isFalse();

        health.tried();
        assertThat(skipped()).as("while one tries it").isTrue();
        health.connectWorked();
        assertThat(skipped()).isFalse();
        assertThat(told).containsExactly("down: upstream refused the connection", "up: accepts connections");
    }

    @Test
    void isSkippedForTwiceAsLongEachTimeButNeverLongerThanAMinute() {
        List<Long> seconds = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            health.tried();
            health.connectFailed(UpstreamFailure.CONNECT_TIMEOUT);
            long began = now;
            while (skipped()) {
                pass(Duration.ofSeconds(1));
            }
            seconds.add((now - began) / 1_000_000_000L);
        }
        assertThat(seconds).containsExactly(1L, 2L, 4L, 8L, 16L, 32L, 60L, 60L, 60L);
        assertThat(told).containsExactly("down: connecting to upstream timed out");

        health.connectWorked();
        health.connectFailed(UpstreamFailure.REFUSED);
        pass(Duration.ofSeconds(1));
        assertThat(skipped()).as("begins anew after a success").isFalse();
    }

    @Test
    void manyFailuresAtOnceCountAsOne() {
        for (int i = 0; i < 100; i++) {
            health.connectFailed(UpstreamFailure.REFUSED);
        }
        pass(Duration.ofSeconds(1));
        assertThat(skipped()).isFalse();
    }

    @Test
    void aTrialWithoutAnEndIsFollowedByAnother() {
        health.connectFailed(UpstreamFailure.REFUSED);
        pass(Duration.ofSeconds(1));
        health.tried();
        pass(TRIAL);
        assertThat(skipped()).isFalse();
        health.tried();
        assertThat(skipped()).isTrue();
    }

    @Test
    void threeResponseTimeOutsInARowCountAndAConnectionAloneIsNoRecovery() {
        health.responseTimedOut();
        health.responseTimedOut();
        health.answered();
        health.responseTimedOut();
        health.responseTimedOut();
        assertThat(skipped()).isFalse();
        health.responseTimedOut();
        assertThat(skipped()).isTrue();

        health.connectWorked();
        assertThat(skipped()).isTrue();
        pass(Duration.ofSeconds(1));
        health.tried();
        health.responseTimedOut();
        pass(Duration.ofMillis(1900));
        assertThat(skipped()).as("the second skip is longer").isTrue();
        pass(Duration.ofMillis(100));
        health.answered();
        assertThat(skipped()).isFalse();
        assertThat(told).containsExactly("down: upstream did not answer in time", "up: answers");
    }

    @Test
    void aFailedCheckSkipsItForThatCheckOnly() {
        CheckConfig other = new CheckConfig("/", null, Duration.ofSeconds(1), Duration.ofSeconds(1), 200, 299, 1, 1);
        health.checkedDown(CHECK, "health check /health: status 503 (expected: 200..299)");
        assertThat(health.isSkipped(CHECK)).isTrue();
        assertThat(health.isSkipped(other)).isFalse();
        assertThat(health.isSkipped(null)).isFalse();
        pass(Duration.ofDays(1));
        assertThat(health.isSkipped(CHECK)).isTrue();
        health.checkedUp(CHECK, "health check /health passed");
        assertThat(health.isSkipped(CHECK)).isFalse();
    }

    @Test
    void isToldDownWithTheFirstCauseAndUpAfterTheLast() {
        health.connectFailed(UpstreamFailure.REFUSED);
        health.checkedDown(CHECK, "health check /health: upstream refused the connection");
        health.connectWorked();
        assertThat(told).hasSize(1);
        health.checkedUp(CHECK, "health check /health passed");
        assertThat(told).containsExactly("down: upstream refused the connection", "up: health check /health passed");
    }

    @Test
    void tellsNothingOfAnUpstreamThatIsInNoRouteAnyMore() {
        health.connectFailed(UpstreamFailure.REFUSED);
        health.forget();
        health.connectFailed(UpstreamFailure.REFUSED);
        assertThat(told).containsExactly("down: upstream refused the connection", "up: is in no route any more");
    }

    @Test
    void itsShareGrowsLinearlyAfterItsRecoveryAndIsWholeBefore() {
        Duration slowStart = Duration.ofSeconds(20);
        assertThat(health.share(slowStart)).isEqualTo(1);
        health.connectFailed(UpstreamFailure.REFUSED);
        health.connectWorked();
        assertThat(health.share(slowStart)).isZero();
        assertThat(health.share(Duration.ZERO)).isEqualTo(1);
        pass(Duration.ofSeconds(5));
        assertThat(health.share(slowStart)).isCloseTo(0.25, within(1e-9));
        pass(Duration.ofSeconds(15));
        assertThat(health.share(slowStart)).isEqualTo(1);
        pass(Duration.ofDays(1));
        assertThat(health.share(slowStart)).isEqualTo(1);
    }

    private boolean skipped() {
        return health.isSkipped(null);
    }

    private void pass(Duration time) {
        now += time.toNanos();
    }
}
