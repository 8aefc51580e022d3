package dev.tlsproxy.internal.names;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Ipv6TextTest {

    @ParameterizedTest
    @CsvSource({
        "2001:0DB8:0:0:0:0:0:7, 2001:db8::7",
        "0:0:0:0:0:0:0:1, ::1",
        "0:0:0:0:0:0:0:0, ::",
        "1:0:0:0:0:0:0:0, 1::",
        "0:1:0:0:0:0:0:1, 0:1::1",
        "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "2001:0:0:1:0:0:0:1, 2001:0:0:1::1",
        "1:2:3:4:5:6:0:0, 1:2:3:4:5:6::",
        "ffff:f:ff:fff:a0:1:2:3, ffff:f:ff:fff:a0:1:2:3"
    })
    void isAsRfc5952Has(String any, String expected) throws Exception {
        assertThat(Ipv6Text.of(InetAddress.getByName(any).getAddress())).isEqualTo(expected);
    }

    @Test
    void mappedIpv4IsHexadecimal() {
        assertThat(Ipv6Text.of(new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, 127, 0, 0, 1}))
                .isEqualTo("::ffff:7f00:1");
    }
}
