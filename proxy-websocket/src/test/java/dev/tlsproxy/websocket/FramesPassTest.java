package dev.tlsproxy.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.spi.Tunnel.Side;
import dev.tlsproxy.websocket.WebSocketCounts.Traffic;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is right passes as it is, however it is cut into pieces. */
class FramesPassTest {

    /** Fragments with control frames between them, the three forms of a length, empty frames, binary, ping and pong. */
    private static String corpus(Side from) {
        return frame(from, 0x81, Wire.text("h\u00e9llo"))
                + frame(from, 0x01, Wire.text("one "))
                + frame(from, 0x89, Wire.text("ping"))
                + frame(from, 0x00, "")
                + frame(from, 0x8a, "")
                + frame(from, 0x80, Wire.text("two"))
                + frame(from, 0x82, Wire.zeros(125))
                + frame(from, 0x82, Wire.zeros(126))
                + frame(from, 0x82, Wire.zeros(65_535))
                + frame(from, 0x82, Wire.zeros(65_536))
                + frame(from, 0x81, "")
                + frame(from, 0x89, Wire.zeros(125))
                + frame(from, 0x88, Wire.close(4001, "d\u00f6ne"));
    }

    @ParameterizedTest
    @EnumSource(Side.class)
    void passesEachByteByItself(Side from) {
        TunnelUnderTest test = new TunnelUnderTest(UnaryOperator.identity());
        ByteBuffer bytes = Wire.bytes(corpus(from));

        while (bytes.hasRemaining()) {
            test.filter.received(from, ByteBuffer.wrap(new byte[] {bytes.get()}));
        }

        assertPassed(test, from);
    }

    @ParameterizedTest
    @EnumSource(Side.class)
    void passesInPiecesOfAnySize(Side from) {
        Random random = new Random(6455);
        for (int run = 0; run < 300; run++) {
            TunnelUnderTest test = new TunnelUnderTest(UnaryOperator.identity());
            ByteBuffer bytes = Wire.bytes(corpus(from));
            int most = 1 << (1 + random.nextInt(17));

            while (bytes.hasRemaining()) {
                int count = Math.min(bytes.remaining(), 1 + random.nextInt(most));
                byte[] piece = new byte[count];
                bytes.get(piece);
                test.filter.received(from, ByteBuffer.wrap(piece));
            }

            assertPassed(test, from);
        }
    }

    @Test
    void passesAllThatIsWholeInEverySplitInTwo() {
        String hex = Wire.fromClient(0x01, Wire.text("a"))
                + Wire.fromClient(0x89, Wire.text("p"))
                + Wire.fromClient(0x80, Wire.zeros(130));
        for (int split = 2; split < hex.length(); split += 2) {
            TunnelUnderTest test = new TunnelUnderTest(UnaryOperator.identity());
            test.from(Side.CLIENT, hex.substring(0, split));
            test.from(Side.CLIENT, hex.substring(split));
            assertThat(test.toUpstream()).isEqualTo(hex);
        }
    }

    @Test
    void holdsHeadersUntilTheyAreWholeAndPayloadNever() {
        TunnelUnderTest test = new TunnelUnderTest(UnaryOperator.identity());

        test.from(Side.UPSTREAM, "827e01");
        assertThat(test.toClient()).isEmpty();
        test.from(Side.UPSTREAM, "00aa");
        assertThat(test.toClient()).isEqualTo("827e0100aa");
        test.from(Side.UPSTREAM, "bb");
        assertThat(test.toClient()).isEqualTo("bb");
    }

    @Test
    void passesWhatFollowsAnEndedSide() {
        TunnelUnderTest test = new TunnelUnderTest(UnaryOperator.identity());
        test.from(Side.CLIENT, Wire.fromClient(0x81, Wire.text("last")));
        test.filter.ended(Side.CLIENT);

        assertThat(test.tunnel.ends()).containsExactly(Side.UPSTREAM);
        test.from(Side.UPSTREAM, Wire.fromServer(0x81, Wire.text("answer")));
        assertThat(test.toClient()).isEqualTo(Wire.fromServer(0x81, Wire.text("answer")));
        test.tunnel.pass(Duration.ofHours(1));
        assertThat(test.tunnel.closed()).isFalse();
    }

    @Test
    void permessageDeflateMaySetTheFirstReservedBitOfAMessage() {
        TunnelUnderTest test = new TunnelUnderTest(
                UnaryOperator.identity(),
                "Sec-WebSocket-Extensions",
                "permessage-deflate; server_no_context_takeover; client_max_window_bits=15");
        String hex = Wire.fromClient(0x41, "f248") + Wire.fromClient(0x80, "cdc9c90700");

        test.from(Side.CLIENT, hex);

        assertThat(test.toUpstream()).isEqualTo(hex);
    }

    @Test
    void otherExtensionsMaySetAllReservedBits() {
        TunnelUnderTest test = new TunnelUnderTest(
                UnaryOperator.identity(), "Sec-WebSocket-Extensions", "permessage-deflate, x-mux; quota=1");
        String hex = Wire.fromServer(0x71, "00") + Wire.fromServer(0xb0, "01") + Wire.fromServer(0xd9, "");

        test.from(Side.UPSTREAM, hex);

        assertThat(test.toClient()).isEqualTo(hex);
    }

    @Test
    void countsMessagesAndTheirPayload() {
        TunnelUnderTest test = new TunnelUnderTest(UnaryOperator.identity());
        test.from(Side.CLIENT, corpus(Side.CLIENT));

        assertThat(test.policy.events(new WebSocketEvents() {}).counts().opened())
                .isZero();
        test.tunnel.pass(Duration.ofSeconds(3));
        test.filter.closed();
        WebSocketSummary summary = test.closed.get(0);
        long bytes = 6 + 4 + 3 + 125 + 126 + 65_535 + 65_536;
        assertThat(summary.fromClient()).isEqualTo(new Traffic(7, bytes));
        assertThat(summary.fromUpstream()).isEqualTo(new Traffic(0, 0));
        assertThat(summary.clientClose()).hasValue(4001);
        assertThat(summary.upstreamClose()).isEmpty();
        assertThat(summary.begunBy()).isEqualTo(WebSocketSummary.Begun.CLIENT);
        assertThat(summary.duration()).isEqualTo(Duration.ofSeconds(3));
        assertThat(test.policy.counts()).isEqualTo(new WebSocketCounts(0, 1, new Traffic(7, bytes), new Traffic(0, 0)));
        assertThat(test.opened).containsExactly("live.example.com 192.0.2.1");
        assertThat(summary.toString()).doesNotContain("secret");
    }

    private static void assertPassed(TunnelUnderTest test, Side from) {
        assertThat(test.tunnel.take(from.other()).equals(corpus(from)))
                .as("passed unchanged")
                .isTrue();
        assertThat(test.tunnel.take(from)).isEmpty();
        assertThat(test.tunnel.closed()).isFalse();
    }

    private static String frame(Side from, int first, String payloadHex) {
        return from == Side.CLIENT ? Wire.fromClient(first, payloadHex) : Wire.fromServer(first, payloadHex);
    }
}
