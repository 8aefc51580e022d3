package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tlsproxy.internal.upstream.CheckConfig;
import dev.tlsproxy.internal.upstream.Choice;
import dev.tlsproxy.internal.upstream.UpstreamGroup;
import dev.tlsproxy.spi.ExchangeFilter;
import dev.tlsproxy.spi.UpgradeHandler;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HealthCheckTest {

    private static final HealthCheck CHECK = HealthCheck.of("/health");

    @Test
    void hasDefaults() {
        assertThat(CHECK.toConfig())
                .isEqualTo(new CheckConfig(
                        "/health", null, Duration.ofSeconds(10), Duration.ofSeconds(5), 200, 299, 2, 3));
    }

    @Test
    void keepsEachValue() {
        HealthCheck check = HealthCheck.of("/health?full=1")
                .interval(Duration.ofSeconds(1))
                .timeout(Duration.ofMillis(200))
                .expect(200, 399)
                .host("api.example.com:8080")
                .rise(4)
                .fall(5);
        assertThat(check.toConfig())
                .isEqualTo(new CheckConfig(
                        "/health?full=1",
                        "api.example.com:8080",
                        Duration.ofSeconds(1),
                        Duration.ofMillis(200),
                        200,
                        399,
                        4,
                        5));
        assertThat(check.expect(204).toConfig().minStatus()).isEqualTo(204);
        assertThat(check.expect(204).toConfig().maxStatus()).isEqualTo(204);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "health", "/he alth", "/a#b", "/\r\nHost:x", "/é"})
    void refusesAPathThatWouldNotBeOneOfARequestLine(String path) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HealthCheck.of(path))
                .withMessage("healthCheck path: \"" + path
                        + "\" (expected: \"/\" and visible ASCII characters without \"#\", with an optional query)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "http://a", "a:b", "a\r\nX: y", "::1"})
    void refusesAHostThatIsNone(String host) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CHECK.host(host))
                .withMessage("healthCheck host: \"" + host + "\" (expected: HOST[:PORT])");
    }

    @ParameterizedTest
    @CsvSource({"199, 299", "200, 600", "300, 299", "100, 100"})
    void refusesARangeThatNoFinalStatusIsIn(int min, int max) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CHECK.expect(min, max))
                .withMessage("healthCheck expect: " + min + ".." + max + " (expected: a range within 200..599)");
    }

    @Test
    void refusesCountsAndTimesOutOfRange() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CHECK.rise(0))
                .withMessage("healthCheck rise: 0 (expected: 1..1000)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CHECK.fall(1001))
                .withMessage("healthCheck fall: 1001 (expected: 1..1000)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CHECK.interval(Duration.ZERO))
                .withMessage("healthCheck interval: PT0S (expected: PT0.001S..PT24H)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CHECK.timeout(Duration.ofDays(2)))
                .withMessage("healthCheck timeout: PT48H (expected: PT0.001S..PT24H)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Route.of("example.com").slowStart(Duration.ZERO))
                .withMessage("slowStart: PT0S (expected: PT0.001S..PT24H)");
    }

    @Test
    void aRouteKeepsHowItSharesThroughAllItsOtherSettings() {
        Route route = Route.of("example.com/a")
                .balance(Balance.LEAST_CONNECTIONS)
                .healthCheck(CHECK)
                .slowStart(Duration.ofSeconds(30))
                .to("http://10.0.0.1")
                .stripPrefix()
                .responseTimeout(Duration.ofSeconds(1))
                .maxRequestBody(1)
                .filter(new ExchangeFilter() {})
                .upgrades(exchange -> UpgradeHandler.Decision.pass());
        assertThat(route.group(List.of()))
                .isEqualTo(new UpstreamGroup(
                        List.of(), Choice.LEAST_CONNECTIONS, CHECK.toConfig(), Duration.ofSeconds(30)));
        assertThat(Route.of("example.com").group(List.of())).isEqualTo(new UpstreamGroup(List.of()));
    }
}
