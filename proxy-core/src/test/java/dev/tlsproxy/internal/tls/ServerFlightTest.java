package dev.tlsproxy.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ServerFlightTest {

    private static final String RANDOM = "11".repeat(32);

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replace(" ", ""));
    }

    private static String record(int type, String payload) {
        return String.format("%02x0303%04x%s", type, payload.length() / 2, payload);
    }

    private static String message(int type, String body) {
        return String.format("%02x%06x%s", type, body.length() / 2, body);
    }

    private static String serverHello(String random, String extensions) {
        return message(
                2,
                "0303" + random + "00" + "1301" + "00" + String.format("%04x", extensions.length() / 2) + extensions);
    }

    private static ServerFlight fed(String hex) {
        ServerFlight flight = new ServerFlight();
        for (byte b : hex(hex)) {
            flight.feed(ByteBuffer.wrap(new byte[] {b}));
        }
        return flight;
    }

    @Test
    void readsKeyShareOfServerHello() {
        ServerFlight flight = fed(record(22, serverHello(RANDOM, "002b00020304" + "0033000411ec0000")));

        assertThat(flight.group()).contains("X25519MLKEM768");
        assertThat(flight.done()).isTrue();
    }

    @Test
    void skipsHelloRetryRequest() throws Exception {
        String retry = HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest("HelloRetryRequest".getBytes("US-ASCII")));
        ServerFlight flight = fed(record(22, serverHello(retry, "0033000211ec"))
                + record(20, "01")
                + record(22, serverHello(RANDOM, "00330004001d0000")));

        assertThat(flight.group()).contains("x25519");
    }

    @Test
    void readsCurveOfServerKeyExchangeBehindACertificate() {
        String flightOf12 = serverHello(RANDOM, "") + message(11, "00".repeat(5000)) + message(12, "03001741");
        ServerFlight flight = fed(record(22, flightOf12));

        assertThat(flight.group()).contains("secp256r1");
    }

    @Test
    void hasNoGroupForAResumedSession() {
        ServerFlight flight = fed(record(22, serverHello(RANDOM, "")) + record(20, "01"));

        assertThat(flight.group()).isEmpty();
        assertThat(flight.done()).isTrue();
    }

    @Test
    void seesAlert() {
        assertThat(fed(record(21, "0228")).alert()).isEqualTo(40);
    }

    @Test
    void neverThrowsWhateverComesBehindAServerHello() {
        Random random = new Random(3);
        byte[] start = hex(record(22, serverHello(RANDOM, "0010000100")));
        for (int round = 0; round < 20_000; round++) {
            byte[] garbage = new byte[start.length + 200];
            random.nextBytes(garbage);
            System.arraycopy(start, 0, garbage, 0, start.length);
            garbage[random.nextInt(start.length)] = (byte) random.nextInt();
            garbage[start.length] = (byte) (20 + round % 4);
            garbage[start.length + 1] = 3;
            ServerFlight flight = new ServerFlight();
            flight.feed(ByteBuffer.wrap(garbage));
            assertThat(flight.alert()).isBetween(-1, 255);
        }
    }
}
