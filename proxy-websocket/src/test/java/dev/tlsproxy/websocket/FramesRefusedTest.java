package dev.tlsproxy.websocket;

import static dev.tlsproxy.websocket.TunnelUnderTest.closeToClient;
import static dev.tlsproxy.websocket.TunnelUnderTest.closeToUpstream;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.spi.Tunnel.Side;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A frame that breaks a rule never passes, and both sides get a close frame after whole frames only. */
class FramesRefusedTest {

    static Stream<Arguments> violations() {
        return Stream.of(
                refused(Side.CLIENT, "8101ff", "unmasked frame from client"),
                refused(Side.UPSTREAM, Wire.fromClient(0x81, "ff"), "masked frame from server"),
                refused(Side.CLIENT, Wire.fromClient(0xc1, "00"), "reserved bit without extension"),
                refused(Side.UPSTREAM, Wire.fromServer(0xa1, "00"), "reserved bit without extension"),
                refused(Side.CLIENT, Wire.fromClient(0x91, "00"), "reserved bit without extension"),
                refused(Side.CLIENT, Wire.fromClient(0x83, "00"), "unknown opcode"),
                refused(Side.UPSTREAM, Wire.fromServer(0x87, "00"), "unknown opcode"),
                refused(Side.CLIENT, Wire.fromClient(0x8b, "00"), "unknown opcode"),
                refused(Side.UPSTREAM, Wire.fromServer(0x8f, "00"), "unknown opcode"),
                refused(Side.CLIENT, Wire.fromClient(0x09, "00"), "fragmented control frame"),
                refused(Side.UPSTREAM, Wire.fromServer(0x08, ""), "fragmented control frame"),
                refused(Side.CLIENT, Wire.fromClient(0x89, Wire.zeros(126)), "control frame too large"),
                refused(Side.CLIENT, Wire.fromClient(0x80, "00"), "continuation of no message"),
                refused(Side.CLIENT, Wire.fromClient(0x00, "00"), "continuation of no message"),
                refused(Side.UPSTREAM, "817e007d", "length not in its shortest form"),
                refused(Side.UPSTREAM, "817f000000000000ffff", "length not in its shortest form"),
                refused(Side.UPSTREAM, "817f8000000000010000", "length beyond 63 bits"),
                refused(Side.CLIENT, Wire.fromClient(0x88, "03"), "close frame with half a code"),
                refused(Side.CLIENT, Wire.fromClient(0x88, Wire.close(999, "")), "close code 999"),
                refused(Side.CLIENT, Wire.fromClient(0x88, Wire.close(1004, "")), "close code 1004"),
                refused(Side.CLIENT, Wire.fromClient(0x88, Wire.close(1005, "x")), "close code 1005"),
                refused(Side.UPSTREAM, Wire.fromServer(0x88, Wire.close(1006, "")), "close code 1006"),
                refused(Side.CLIENT, Wire.fromClient(0x88, Wire.close(1015, "")), "close code 1015"),
                refused(Side.CLIENT, Wire.fromClient(0x88, Wire.close(2999, "")), "close code 2999"),
                refused(Side.CLIENT, Wire.fromClient(0x88, Wire.close(5000, "")), "close code 5000"));
    }

    @ParameterizedTest
    @MethodSource("violations")
    void closesBothSidesAndPassesNothingOfIt(Side from, String hex, String reason) {
        TunnelUnderTest test = new TunnelUnderTest(UnaryOperator.identity());
        String before = from == Side.CLIENT ? Wire.fromClient(0x81, "61") : Wire.fromServer(0x81, "61");

        test.from(from, before + hex + before);

        assertBothClosed(test, from, before, 1002, reason);
    }

    @Test
    void closeReasonThatIsNoUtf8Is1007() {
        TunnelUnderTest test = new TunnelUnderTest(UnaryOperator.identity());

        test.from(Side.UPSTREAM, Wire.fromServer(0x88, "03e8c328"));

        assertBothClosed(test, Side.UPSTREAM, "", 1007, "close reason not UTF-8");
    }

    @ParameterizedTest
    @MethodSource("violations")
    void findsItByteByByte(Side from, String hex, String reason) {
        TunnelUnderTest test = new TunnelUnderTest(UnaryOperator.identity());

        ByteBuffer bytes = Wire.bytes(hex);
        while (bytes.hasRemaining()) {
            test.filter.received(from, ByteBuffer.wrap(new byte[] {bytes.get()}));
        }

        assertBothClosed(test, from, "", 1002, reason);
    }

    @Test
    void refusesANewMessageInsideAMessage() {
        TunnelUnderTest test = new TunnelUnderTest(UnaryOperator.identity());
        String begun = Wire.fromClient(0x01, "61");

        test.from(Side.CLIENT, begun + Wire.fromClient(0x82, "62"));

        assertBothClosed(test, Side.CLIENT, begun, 1002, "new message inside a message");
    }

    @Test
    void refusesADeflateBitOnContinuationsAndControlFrames() {
        for (int first : new int[] {0xc0, 0xc9}) {
            TunnelUnderTest test =
                    new TunnelUnderTest(UnaryOperator.identity(), "Sec-WebSocket-Extensions", "permessage-deflate");
            String begun = Wire.fromClient(0x41, "61");

            test.from(Side.CLIENT, begun + Wire.fromClient(first, "62"));

            assertBothClosed(test, Side.CLIENT, begun, 1002, "reserved bit without extension");
        }
    }

    @Test
    void refusesALargeFrame() {
        TunnelUnderTest test = new TunnelUnderTest(policy -> policy.maxFrame(3));
        String fits = Wire.fromClient(0x82, "010203");

        test.from(Side.CLIENT, fits + Wire.fromClient(0x82, "01020304"));

        assertBothClosed(test, Side.CLIENT, fits, 1009, "frame too large");
    }

    @Test
    void refusesALargeMessageAtTheFrameThatMakesItSo() {
        TunnelUnderTest test = new TunnelUnderTest(policy -> policy.maxMessage(4));
        String begun =
                Wire.fromServer(0x82, "01020304") + Wire.fromServer(0x02, "0102") + Wire.fromServer(0x00, "0304");

        test.from(Side.UPSTREAM, begun + Wire.fromServer(0x80, "05"));

        assertBothClosed(test, Side.UPSTREAM, begun, 1009, "message too large");
    }

    @Test
    void refusesASumOfLengthsBeyond63Bits() {
        TunnelUnderTest test = new TunnelUnderTest(UnaryOperator.identity());

        test.from(Side.UPSTREAM, Wire.fromServer(0x02, "01"));
        test.from(Side.UPSTREAM, "807f7fffffffffffffff");

        assertBothClosed(test, Side.UPSTREAM, Wire.fromServer(0x02, "01"), 1009, "message too large");
    }

    @Test
    void theOtherSideEndsItsFrameBeforeTheCloseFrame() {
        TunnelUnderTest test = new TunnelUnderTest(UnaryOperator.identity());
        test.from(Side.UPSTREAM, "8203aa");

        test.from(Side.CLIENT, "8101ff");

        assertThat(test.toUpstream()).isEqualTo(closeToUpstream(1002, "unmasked frame from client"));
        assertThat(test.toClient()).isEqualTo("8203aa");
        test.from(Side.UPSTREAM, "bbcc" + Wire.fromServer(0x81, "62"));
        assertThat(test.toClient()).isEqualTo("bbcc" + closeToClient(1002, "unmasked frame from client"));
    }

    @Test
    void aFrameThatNeverEndsGetsNoCloseFrameIntoIt() {
        TunnelUnderTest test = new TunnelUnderTest(policy -> policy.closeTimeout(Duration.ofSeconds(2)));
        test.from(Side.UPSTREAM, "8203aa");
        test.from(Side.CLIENT, "8101ff");

        test.tunnel.pass(Duration.ofMillis(1_999));
        assertThat(test.tunnel.closed()).isFalse();
        test.tunnel.pass(Duration.ofMillis(1));

        assertThat(test.tunnel.closed()).isTrue();
        assertThat(test.toClient()).isEqualTo("8203aa");
    }

    @Test
    void aSideThatEndsInsideAFrameCutsTheOther() {
        TunnelUnderTest test = new TunnelUnderTest(UnaryOperator.identity());
        test.from(Side.UPSTREAM, "8203aa");

        test.filter.ended(Side.UPSTREAM);

        assertThat(test.toClient()).isEqualTo("8203aa");
        assertThat(test.toUpstream()).isEqualTo(closeToUpstream(1002, "stream ended inside a frame"));
        assertThat(test.tunnel.ends()).containsExactlyInAnyOrder(Side.CLIENT, Side.UPSTREAM);
    }

    @Test
    void aSideThatEndsInsideAHeaderGivesTheOtherACloseFrame() {
        TunnelUnderTest test = new TunnelUnderTest(UnaryOperator.identity());
        test.from(Side.CLIENT, "8183");

        test.filter.ended(Side.CLIENT);

        assertThat(test.toUpstream()).isEqualTo(closeToUpstream(1002, "stream ended inside a frame"));
        assertThat(test.toClient()).isEqualTo(closeToClient(1002, "stream ended inside a frame"));
        assertThat(test.tunnel.ends()).containsExactly(Side.CLIENT);
    }

    @Test
    void aSubprotocolTheUpstreamMayNotChooseIsRefused() {
        TunnelUnderTest test =
                new TunnelUnderTest(policy -> policy.subprotocols("mqtt"), "Sec-WebSocket-Protocol", "graphql-ws");

        assertThat(test.toClient()).isEqualTo(closeToClient(1008, "subprotocol not allowed"));
        assertThat(test.toUpstream()).isEqualTo(closeToUpstream(1008, "subprotocol not allowed"));
    }

    private static void assertBothClosed(TunnelUnderTest test, Side from, String passed, int code, String reason) {
        String client = closeToClient(code, reason);
        String upstream = closeToUpstream(code, reason);
        assertThat(test.toUpstream()).isEqualTo(from == Side.CLIENT ? passed + upstream : upstream);
        assertThat(test.toClient()).isEqualTo(from == Side.CLIENT ? client : passed + client);
        // What comes after it is not read any more, so no answer can be waited for.
        assertThat(test.tunnel.ends()).containsExactly(from);
        test.from(from.other(), from == Side.CLIENT ? Wire.fromServer(0x81, "62") : Wire.fromClient(0x81, "62"));
        assertThat(test.toUpstream() + test.toClient()).isEmpty();
        test.tunnel.pass(Duration.ofSeconds(5));
        assertThat(test.tunnel.closed()).isTrue();
    }

    private static Arguments refused(Side from, String hex, String reason) {
        return Arguments.of(from, hex, reason);
    }
}
