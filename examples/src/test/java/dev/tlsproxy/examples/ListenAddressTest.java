package dev.tlsproxy.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

class ListenAddressTest {

    @Test
    void readsAddressesOfBothFamiliesAndNone() {
        assertThat(ListenAddress.parse("--https", "127.0.0.1:8443"))
                .isEqualTo(new InetSocketAddress("127.0.0.1", 8443));
        assertThat(ListenAddress.parse("--https", "[::1]:0")).isEqualTo(new InetSocketAddress("::1", 0));
        assertThat(ListenAddress.parse("--https", ":443")).isEqualTo(new InetSocketAddress(443));
    }
}
