package dev.tlsproxy.internal.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProxyHeaderVersionTest {

    private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";

    private static ClientAddresses between(String source, int sourcePort, String destination, int destinationPort) {
        return new ClientAddresses(
                new InetSocketAddress(source, sourcePort), new InetSocketAddress(destination, destinationPort));
    }

    private static String line(byte[] header) {
        return new String(header, StandardCharsets.ISO_8859_1);
    }

    private static String hex(byte[] header) {
        return HexFormat.of().formatHex(header);
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.7, 198.51.100.1, TCP4 192.0.2.7 198.51.100.1",
        "255.255.255.255, 0.0.0.0, TCP4 255.255.255.255 0.0.0.0",
        "2001:db8::7, ::1, TCP6 2001:db8::7 ::1",
        "2001:db8::7, 198.51.100.1, TCP6 2001:db8::7 ::ffff:c633:6401",
        "192.0.2.7, 2001:db8::1, TCP6 ::ffff:c000:207 2001:db8::1"
    })
    void version1IsOneLine(String source, String destination, String expected) {
        assertThat(line(ProxyHeaderVersion.V1.announcing(between(source, 56324, destination, 443))))
                .isEqualTo("PROXY " + expected + " 56324 443\r\n");
    }

    @Test
    void version1IsNeverLongerThanItsLimit() {
        String longest = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe";

        assertThat(ProxyHeaderVersion.V1.announcing(between(longest, 65535, longest, 65535)))
                .hasSize(104);
    }

    @Test
    void version1LeavesTheZoneOut() throws UnknownHostException {
        byte[] linkLocal = InetAddress.getByName("fe80::1").getAddress();
        InetSocketAddress zoned = new InetSocketAddress(Inet6Address.getByAddress("x", linkLocal, 1), 5);

        assertThat(line(ProxyHeaderVersion.V1.announcing(new ClientAddresses(zoned, zoned))))
                .isEqualTo("PROXY TCP6 fe80::1 fe80::1 5 5\r\n");
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.7, 198.51.100.1, 21 11 000c c0000207 c6336401",
        "2001:db8::7, ::1, 21 21 0024 20010db8000000000000000000000007 00000000000000000000000000000001",
        "2001:db8::7, 198.51.100.1, 21 21 0024 20010db8000000000000000000000007 00000000000000000000ffffc6336401",
        "192.0.2.7, 2001:db8::1, 21 21 0024 00000000000000000000ffffc0000207 20010db8000000000000000000000001"
    })
    void version2IsBinary(String source, String destination, String expected) {
        assertThat(hex(ProxyHeaderVersion.V2.announcing(between(source, 56324, destination, 443))))
                .isEqualTo(SIGNATURE + expected.replace(" ", "") + "dc0401bb");
    }

    @Test
    void ofItsOwnVersion1NamesTheConnectionAndVersion2SaysLocal() {
        ClientAddresses own = between("192.0.2.1", 40000, "192.0.2.2", 80);

        assertThat(line(ProxyHeaderVersion.V1.local(own))).isEqualTo("PROXY TCP4 192.0.2.1 192.0.2.2 40000 80\r\n");
        assertThat(hex(ProxyHeaderVersion.V2.local(own))).isEqualTo(SIGNATURE + "20000000");
    }
}
