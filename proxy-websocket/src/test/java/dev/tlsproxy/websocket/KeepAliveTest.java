package dev.tlsproxy.websocket;

import static dev.tlsproxy.websocket.TunnelUnderTest.closeToClient;
import static dev.tlsproxy.websocket.TunnelUnderTest.closeToUpstream;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.spi.Tunnel.Side;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class KeepAliveTest {

    private static final String PAYLOAD = "0001020304050607";
    private static final String TO_CLIENT = Wire.fromServer(0x89, PAYLOAD);
    private static final String TO_UPSTREAM = Wire.masked(0x89, PAYLOAD, Wire.PROXY_KEY);

    private final TunnelUnderTest test = new TunnelUnderTest(policy -> policy.keepAlive(Duration.ofSeconds(30)));

    @Test
    void pingsBothSilentSidesAndKeepsTheAnswersToItself() {
        for (int i = 0; i < 120; i++) {
            test.tunnel.pass(Duration.ofSeconds(30));
            assertThat(test.toClient()).isEqualTo(TO_CLIENT);
            assertThat(test.toUpstream()).isEqualTo(TO_UPSTREAM);
            test.from(Side.CLIENT, Wire.fromClient(0x8a, PAYLOAD));
            test.from(Side.UPSTREAM, Wire.fromServer(0x8a, PAYLOAD));
        }
        assertThat(test.toClient() + test.toUpstream()).isEmpty();
    }

    @Test
    void keepsAnAnswerToItselfAmongOtherFrames() {
        test.tunnel.pass(Duration.ofSeconds(30));
        test.toUpstream();
        String before = Wire.fromClient(0x01, "61");
        String after = Wire.fromClient(0x8a, "99") + Wire.fromClient(0x80, "62");
        String all = before + Wire.fromClient(0x8a, PAYLOAD) + after;

        for (int i = 0; i < all.length(); i += 2) {
            test.from(Side.CLIENT, all.substring(i, i + 2));
        }
        test.from(Side.CLIENT, all);

        assertThat(test.toUpstream()).isEqualTo(before + after + before + after);
    }

    @Test
    void pingsOnlyTheSideThatIsSilent() {
        test.tunnel.pass(Duration.ofSeconds(20));
        test.from(Side.UPSTREAM, Wire.fromServer(0x81, "61"));
        test.tunnel.pass(Duration.ofSeconds(10));

        assertThat(test.toClient()).isEqualTo("810161" + TO_CLIENT);
        assertThat(test.toUpstream()).isEmpty();
    }

    @Test
    void pingsBetweenFragmentsButNotInsideAFrame() {
        test.from(Side.UPSTREAM, "0102aa");
        test.tunnel.pass(Duration.ofSeconds(30));
        assertThat(test.toClient()).isEqualTo("0102aa");

        test.from(Side.UPSTREAM, "bb8001");
        assertThat(test.toClient()).isEqualTo("bb" + TO_CLIENT + "8001");
        test.from(Side.UPSTREAM, "cc");
        assertThat(test.toClient()).isEqualTo("cc");
    }

    @Test
    void closesWhenASideDoesNotAnswer() {
        test.tunnel.pass(Duration.ofSeconds(30));
        test.toClient();
        test.toUpstream();
        test.from(Side.CLIENT, Wire.fromClient(0x8a, PAYLOAD));

        test.tunnel.pass(Duration.ofSeconds(30));

        assertThat(test.toClient()).endsWith(closeToClient(1001, "no answer to a ping"));
        assertThat(test.toUpstream()).isEqualTo(closeToUpstream(1001, "no answer to a ping"));
        test.tunnel.pass(Duration.ofSeconds(5));
        assertThat(test.tunnel.closed()).isTrue();
    }

    @Test
    void anyBytesAreASignOfLife() {
        test.tunnel.pass(Duration.ofSeconds(30));
        test.from(Side.CLIENT, Wire.fromClient(0x8a, PAYLOAD));
        test.from(Side.UPSTREAM, "827f0000000010000000");
        for (int i = 0; i < 20; i++) {
            test.tunnel.pass(Duration.ofSeconds(25));
            test.from(Side.UPSTREAM, "00");
            test.from(Side.CLIENT, Wire.fromClient(0x8a, PAYLOAD));
        }

        assertThat(test.tunnel.closed()).isFalse();
        assertThat(test.toClient()).doesNotContain(Wire.close(1001, ""));
    }

    @Test
    void aPingOfTheOtherSideStandsForItsOwn() {
        test.tunnel.pass(Duration.ofSeconds(29));
        test.from(Side.CLIENT, Wire.fromClient(0x89, "77"));
        test.toUpstream();
        test.tunnel.pass(Duration.ofSeconds(2));

        assertThat(test.toUpstream()).isEmpty();
        test.from(Side.UPSTREAM, Wire.fromServer(0x8a, "77"));
        assertThat(test.toClient()).isEqualTo(Wire.fromServer(0x8a, "77"));
    }
}
