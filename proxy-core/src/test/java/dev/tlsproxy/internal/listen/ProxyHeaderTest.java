package dev.tlsproxy.internal.listen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyHeaderTest {

    private static final byte[] V2 = {0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A};

    private final ProxyHeader header = new ProxyHeader();

    private static byte[] v1(String line) {
        return (line + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] v2(int command, int family, byte[] addresses, int tlvs) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(V2);
        int length = addresses.length + tlvs;
        out.writeBytes(new byte[] {(byte) command, (byte) family, (byte) (length >> 8), (byte) length});
        out.writeBytes(addresses);
        out.writeBytes(new byte[tlvs]);
        return out.toByteArray();
    }

    /** Byte by byte; what follows is left. */
    private void complete(byte[] bytes) throws Exception {
        for (int i = 0; i < bytes.length - 1; i++) {
            assertThat(header.take(ByteBuffer.wrap(bytes, i, 1))).isFalse();
        }
        ByteBuffer last = ByteBuffer.allocate(3)
                .put(bytes[bytes.length - 1])
                .put((byte) 22)
                .put((byte) 3)
                .flip();
        assertThat(header.take(last)).isTrue();
        assertThat(last.remaining()).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({
        "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443, 192.0.2.1, 56324",
        "PROXY TCP6 2001:db8::1 2001:db8::2 65535 443, 2001:db8::1, 65535",
        "PROXY TCP6 ffff:f:ffff:ffff:ffff:ffff:ffff:ffff ffff:f:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535, ffff:f:ffff:ffff:ffff:ffff:ffff:ffff, 65535"
    })
    void readsVersion1(String line, String address, int port) throws Exception {
        complete(v1(line));

        assertThat(header.source()).contains(new InetSocketAddress(address, port));
        String[] parts = line.split(" ");
        assertThat(header.destination()).contains(new InetSocketAddress(parts[3], Integer.parseInt(parts[5])));
    }

    @ParameterizedTest
    @ValueSource(strings = {"PROXY UNKNOWN", "PROXY UNKNOWN ffff::1 ffff::2 65535 65535"})
    void readsVersion1WithoutAddress(String line) throws Exception {
        complete(v1(line));

        assertThat(header.source()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"0", "7", "4000"})
    void readsVersion2AndSkipsTlvs(int tlvs) throws Exception {
        complete(v2(0x21, 0x11, new byte[] {(byte) 192, 0, 2, 1, 9, 9, 9, 9, (byte) 0xDC, 4, 1, (byte) 187}, tlvs));

        assertThat(header.source()).contains(new InetSocketAddress("192.0.2.1", 56324));
        assertThat(header.destination()).contains(new InetSocketAddress("9.9.9.9", 443));
    }

    @Test
    void readsVersion2WithIpv6() throws Exception {
        byte[] addresses = new byte[36];
        addresses[0] = 0x20;
        addresses[1] = 1;
        addresses[15] = 9;
        addresses[16] = 0x20;
        addresses[17] = 1;
        addresses[31] = 8;
        addresses[33] = 80;
        addresses[34] = (byte) 0xFF;
        addresses[35] = (byte) 0xFE;
        complete(v2(0x21, 0x21, addresses, 0));

        assertThat(header.source()).contains(new InetSocketAddress("2001::9", 80));
        assertThat(header.destination()).contains(new InetSocketAddress("2001::8", 65534));
    }

    @ParameterizedTest
    @CsvSource({"0x20, 0x00, 0", "0x20, 0x11, 12", "0x21, 0x00, 0", "0x21, 0x31, 216", "0x21, 0x12, 12"})
    void readsVersion2WithoutAddress(String command, String family, int length) throws Exception {
        complete(v2(Integer.decode(command), Integer.decode(family), new byte[length], 3));

        assertThat(header.source()).isEmpty();
        assertThat(header.destination()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "PROXY TCP4 192.0.2.1 198.51.100.1 56324, the PROXY header is not of version 1",
        "PROXY TCP5 192.0.2.1 198.51.100.1 56324 443, the PROXY header is not of version 1",
        "PROXY  TCP4 192.0.2.1 198.51.100.1 56324 443, the PROXY header is not of version 1",
        "PROXY TCP4 2001:db8::1 198.51.100.1 56324 443, the PROXY header has no valid address",
        "PROXY TCP6 192.0.2.1 198.51.100.1 56324 443, the PROXY header has no valid address",
        "PROXY TCP4 client.test 198.51.100.1 56324 443, the PROXY header has no valid address",
        "PROXY TCP4 192.0.2.1 198.51.100.1 65536 443, the PROXY header has no valid port",
        "PROXY TCP4 192.0.2.1 198.51.100.1 -1 443, the PROXY header has no valid port",
        "GET / HTTP/1.1, the connection does not begin with a PROXY header"
    })
    void refusesWhatIsNoHeader(String line, String message) {
        assertThatThrownBy(() -> header.take(ByteBuffer.wrap(v1(line)))).hasMessage(message);
    }

    @Test
    void refusesALineThatEndsWithoutCarriageReturn() {
        byte[] line = "PROXY UNKNOWN\n".getBytes(StandardCharsets.US_ASCII);

        assertThatThrownBy(() -> header.take(ByteBuffer.wrap(line))).hasMessage("the PROXY header is not of version 1");
    }

    @Test
    void refusesTheFirstByteOfAClientHello() {
        assertThatThrownBy(() -> header.take(ByteBuffer.wrap(new byte[] {22})))
                .hasMessage("the connection does not begin with a PROXY header");
    }

    @Test
    void boundsVersion1() {
        byte[] line = ("PROXY UNKNOWN " + "x".repeat(93)).getBytes(StandardCharsets.US_ASCII);

        assertThatThrownBy(() -> header.take(ByteBuffer.wrap(line)))
                .hasMessage("the PROXY header is longer than 107 bytes");
    }

    @Test
    void boundsVersion2() {
        assertThatThrownBy(() -> header.take(ByteBuffer.wrap(v2(0x21, 0x11, new byte[0], 4097))))
                .hasMessage("the PROXY header announces 4097 bytes (expected: at most 4096)");
    }

    @ParameterizedTest
    @CsvSource({"0x22, 0x11, 12", "0x11, 0x11, 12", "0x21, 0x11, 11", "0x21, 0x21, 35"})
    void refusesWhatIsNotOfVersion2(String command, String family, int length) {
        assertThatThrownBy(() -> header.take(
                        ByteBuffer.wrap(v2(Integer.decode(command), Integer.decode(family), new byte[length], 0))))
                .isInstanceOf(ProxyHeader.MalformedException.class);
    }
}
