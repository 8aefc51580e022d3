package dev.tlsproxy.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientAddressTest {

    @Test
    void readsTheLastLineFirst() throws Exception {
        assertThat(ClientAddress.of(List.of("192.0.2.1", "192.0.2.2,192.0.2.3")).getHostAddress())
                .isEqualTo("192.0.2.3");
    }

    @Test
    void readsIpv6() throws Exception {
        assertThat(ClientAddress.of(List.of("2001:db8::7")).getHostAddress()).isEqualTo("2001:db8:0:0:0:0:0:7");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "localhost", "1.2.3", "1.2.3.4.", "256.1.1.1", "192.0.2.1:80", "[::1]", "::g", "1.2.3.4.5"})
    void neverAsksTheDns(String entry) {
        assertThatThrownBy(() -> ClientAddress.of(List.of(entry)))
                .isInstanceOf(Refusal.class)
                .hasMessage("missing or invalid the right most X-Forwarded-For IP");
    }

    @Test
    void needsTheField() {
        assertThatThrownBy(() -> ClientAddress.of(null)).isInstanceOf(Refusal.class);
    }
}
