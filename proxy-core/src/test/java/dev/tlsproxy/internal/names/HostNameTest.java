package dev.tlsproxy.internal.names;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostNameTest {

    @ParameterizedTest
    @CsvSource({
        "Example.COM, example.com",
        "example.com., example.com",
        "bücher.example, xn--bcher-kva.example",
        "XN--BCHER-KVA.example, xn--bcher-kva.example",
        "my_service, my_service",
        "192.0.2.7, 192.0.2.7",
        "[2001:DB8::1], 2001:db8:0:0:0:0:0:1",
        "::ffff:192.0.2.7, 192.0.2.7",
    })
    void normalizes(String name, String normal) {
        assertThat(HostName.normalize(name)).contains(normal);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".",
                "a..b",
                "a.example.com..",
                "-a",
                "a-",
                "a b",
                "1.2.3.256",
                "1.2.3.4.",
                "fe80::1%eth0",
                "a/b"
            })
    void refusesWhatIsNoName(String name) {
        assertThat(HostName.normalize(name)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "api.localhost",
                "nas.local",
                "db.internal",
                "0.0.0.0",
                "10.0.0.1",
                "100.64.0.1",
                "127.0.0.1",
                "169.254.1.1",
                "172.31.255.255",
                "192.0.2.1",
                "192.168.1.1",
                "198.19.0.1",
                "198.51.100.1",
                "203.0.113.1",
                "224.0.0.1",
                "255.255.255.255",
                "::1",
                "::",
                "::ffff:10.0.0.1",
                "64:ff9b::808:808",
                "fd00::1",
                "fe80::1",
                "ff02::1",
                "2001:db8::1",
                "2002:808:808::1",
                "3fff::1",
                "tracker",
                "*.localhost"
            })
    void knowsNamesNoPublicCaSigns(String name) {
        assertThat(HostName.isLocal(name)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "example.com",
                "localhost.example.com",
                "*.example.com",
                "notlocal" + ".de",
                "8.8.8.8",
                "172.32.0.1",
                "100.128.0.1",
                "223.255.255.255",
                "2001:4860:4860::8888",
                "2606:4700:4700::1111"
            })
    void knowsPublicNames(String name) {
        assertThat(HostName.isLocal(name)).isFalse();
    }

    @Test
    void wildcardIsForOneLabelOnly() {
        HostPattern pattern = HostPattern.parse("*.example.com").orElseThrow();

        assertThat(pattern.matches("a.example.com")).isTrue();
        assertThat(pattern.matches("example.com")).isFalse();
        assertThat(pattern.matches("a.b.example.com")).isFalse();
        assertThat(pattern.matches("aexample.com")).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.255.0.1, true",
        "10.0.0.0/8, 11.0.0.1, false",
        "192.0.2.128/25, 192.0.2.127, false",
        "192.0.2.128/25, 192.0.2.128, true",
        "0.0.0.0/0, 203.0.113.9, true",
        "0.0.0.0/0, 2001:db8::1, false",
        "2001:db8::/33, 2001:db8:7fff::1, true",
        "2001:db8::/33, 2001:db8:8000::1, false",
    })
    void cidrContains(String network, String address, boolean contained) throws Exception {
        assertThat(Cidr.parse(network).contains(InetAddress.getByName(address))).isEqualTo(contained);
    }
}
