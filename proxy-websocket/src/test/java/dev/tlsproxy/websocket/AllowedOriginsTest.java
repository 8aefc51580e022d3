package dev.tlsproxy.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import dev.tlsproxy.spi.ExchangeFilter;
import dev.tlsproxy.spi.HeaderFields;
import dev.tlsproxy.spi.UpgradeHandler.Decision;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AllowedOriginsTest {

    private final AllowedOrigins handler =
            AllowedOrigins.of("https://grafana.example.com", "https://Grafana.example.com:8443");

    @ParameterizedTest
    @ValueSource(
            strings = {"https://grafana.example.com", "https://GRAFANA.example.com", "https://grafana.example.com:8443"
            })
    void letsPagesOfItsOriginsIn(String origin) {
        assertThat(handler.decide(exchange(origin))).isEqualTo(Decision.pass());
    }

    @Test
    void letsClientsThatAreNoBrowsersIn() {
        assertThat(handler.decide(exchange())).isEqualTo(Decision.pass());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://evil.example",
                "http://grafana.example.com",
                "https://grafana.example.com.evil.example",
                "https://grafana.example.com:444",
                "null",
                ""
            })
    void refusesPagesOfOtherOrigins(String origin) {
        assertThat(handler.decide(exchange(origin))).isEqualTo(Decision.refuse(403, "origin not allowed"));
    }

    @Test
    void refusesTwoOrigins() {
        assertThat(handler.decide(exchange("https://grafana.example.com", "https://evil.example")))
                .isEqualTo(Decision.refuse(403, "origin not allowed"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"grafana.example.com", "https://grafana.example.com/", "*", "https://a b", "https://u@h"})
    void refusesToAllowWhatIsNoOrigin(String origin) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AllowedOrigins.of(origin))
                .withMessage("origin: \"" + origin + "\" (expected: \"https://HOST[:PORT]\")");
    }

    @Test
    void refusesToAllowNothing() {
        assertThatIllegalArgumentException()
                .isThrownBy(AllowedOrigins::of)
                .withMessage("origins: none (expected: at least one, as \"https://HOST[:PORT]\")");
    }

    private static ExchangeFilter.Exchange exchange(String... origins) {
        HeaderFields fields = mock(HeaderFields.class);
        when(fields.all("Origin")).thenReturn(List.of(origins));
        ExchangeFilter.Exchange exchange = mock(ExchangeFilter.Exchange.class);
        when(exchange.upstreamRequest()).thenReturn(fields);
        return exchange;
    }
}
