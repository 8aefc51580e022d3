package dev.tlsproxy.websocket;

import static dev.tlsproxy.websocket.TunnelUnderTest.closeToClient;
import static dev.tlsproxy.websocket.TunnelUnderTest.closeToUpstream;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.spi.Tunnel.DrainReason;
import dev.tlsproxy.spi.Tunnel.Side;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** How tunnels end: by a side, by time, by a drain. */
class TunnelEndsTest {

    private static final String BYE = Wire.close(1000, "bye");

    @Test
    void watchesTheCloseHandshakeOfAClient() {
        TunnelUnderTest test = new TunnelUnderTest(UnaryOperator.identity());

        test.from(Side.CLIENT, Wire.fromClient(0x88, BYE) + Wire.fromClient(0x81, "61"));
        test.from(Side.UPSTREAM, Wire.fromServer(0x81, "62"));
        assertThat(test.toUpstream()).isEqualTo(Wire.fromClient(0x88, BYE));
        assertThat(test.toClient()).isEqualTo(Wire.fromServer(0x81, "62"));
        assertThat(test.tunnel.ends()).isEmpty();

        test.from(Side.UPSTREAM, Wire.fromServer(0x88, BYE));
        assertThat(test.toClient()).isEqualTo(Wire.fromServer(0x88, BYE));
        assertThat(test.tunnel.ends()).containsExactly(Side.CLIENT);
        test.filter.ended(Side.UPSTREAM);
        assertThat(test.tunnel.ends()).containsExactly(Side.CLIENT, Side.UPSTREAM);
    }

    @Test
    void watchesTheCloseHandshakeOfAnUpstream() {
        TunnelUnderTest test = new TunnelUnderTest(UnaryOperator.identity());

        test.from(Side.UPSTREAM, Wire.fromServer(0x88, ""));
        test.from(Side.CLIENT, Wire.fromClient(0x88, ""));

        assertThat(test.toClient()).isEqualTo("8800");
        assertThat(test.toUpstream()).isEqualTo(Wire.fromClient(0x88, ""));
        assertThat(test.tunnel.ends()).containsExactly(Side.CLIENT);
        test.filter.closed();
        assertThat(test.closed.get(0).clientClose()).hasValue(1005);
        assertThat(test.closed.get(0).upstreamClose()).hasValue(1005);
        assertThat(test.closed.get(0).sentToClient()).isEmpty();
        assertThat(test.closed.get(0).begunBy()).isEqualTo(WebSocketSummary.Begun.UPSTREAM);
    }

    @Test
    void anUnansweredCloseWaitsForAsLongAsDataStillComes() {
        TunnelUnderTest test = new TunnelUnderTest(UnaryOperator.identity());
        test.from(Side.CLIENT, Wire.fromClient(0x88, BYE));

        test.tunnel.pass(Duration.ofSeconds(4));
        test.from(Side.UPSTREAM, Wire.fromServer(0x81, "62"));
        test.tunnel.pass(Duration.ofMillis(4_999));
        assertThat(test.tunnel.closed()).isFalse();
        test.tunnel.pass(Duration.ofMillis(1));
        assertThat(test.tunnel.closed()).isTrue();
    }

    @Test
    void closesNearTheDeadlineOfADrain() {
        TunnelUnderTest test = new TunnelUnderTest(UnaryOperator.identity());
        test.filter.drain(DrainReason.PROXY_CLOSES, Duration.ofSeconds(10));

        test.tunnel.pass(Duration.ofMillis(6_499));
        assertThat(test.toClient() + test.toUpstream()).isEmpty();
        test.tunnel.pass(Duration.ofMillis(1));

        assertThat(test.toClient()).isEqualTo(closeToClient(1001, "proxy closes"));
        assertThat(test.toUpstream()).isEqualTo(closeToUpstream(1001, "proxy closes"));
        test.from(Side.UPSTREAM, Wire.fromServer(0x88, Wire.close(1001, "")));
        test.from(Side.CLIENT, Wire.fromClient(0x88, Wire.close(1001, "")));
        assertThat(test.toClient() + test.toUpstream()).isEmpty();
        assertThat(test.tunnel.ends()).containsExactly(Side.CLIENT);
        test.filter.ended(Side.UPSTREAM);
        assertThat(test.tunnel.ends()).containsExactly(Side.CLIENT, Side.UPSTREAM);
        test.filter.closed();
        assertThat(test.closed.get(0).sentToClient()).hasValue(1001);
        assertThat(test.closed.get(0).sentToUpstream()).hasValue(1001);
        assertThat(test.closed.get(0).begunBy()).isEqualTo(WebSocketSummary.Begun.PROXY);
        assertThat(test.closed.get(0).reason()).isEqualTo("proxy closes");
    }

    @Test
    void tellsClientsToComeAgainWhenTheRouteChanges() {
        TunnelUnderTest test = new TunnelUnderTest(UnaryOperator.identity());
        test.filter.drain(DrainReason.ROUTE_CHANGED, Duration.ofSeconds(10));

        test.tunnel.pass(Duration.ofSeconds(8));

        assertThat(test.toClient()).isEqualTo(closeToClient(1012, "route changed"));
        assertThat(test.toUpstream()).isEqualTo(closeToUpstream(1001, "route changed"));
    }

    @Test
    void aDrainWaitsForTheEndOfAMessage() {
        TunnelUnderTest test = new TunnelUnderTest(UnaryOperator.identity());
        test.from(Side.CLIENT, Wire.fromClient(0x01, "61"));
        test.filter.drain(DrainReason.PROXY_CLOSES, Duration.ofSeconds(10));
        test.tunnel.pass(Duration.ofSeconds(7));
        assertThat(test.toClient()).isEmpty();

        test.from(Side.CLIENT, Wire.fromClient(0x80, "62") + Wire.fromClient(0x81, "63"));

        assertThat(test.toUpstream())
                .isEqualTo(Wire.fromClient(0x01, "61")
                        + Wire.fromClient(0x80, "62")
                        + closeToUpstream(1001, "proxy closes"));
        assertThat(test.toClient()).isEqualTo(closeToClient(1001, "proxy closes"));
    }

    @Test
    void aDrainClosesBetweenFragmentsWhenTheMessageDoesNotEnd() {
        TunnelUnderTest test = new TunnelUnderTest(UnaryOperator.identity());
        test.from(Side.CLIENT, Wire.fromClient(0x01, "61"));
        test.filter.drain(DrainReason.PROXY_CLOSES, Duration.ofSeconds(10));

        test.tunnel.pass(Duration.ofMillis(7_500));

        assertThat(test.toUpstream()).isEqualTo(Wire.fromClient(0x01, "61") + closeToUpstream(1001, "proxy closes"));
        assertThat(test.toClient()).isEqualTo(closeToClient(1001, "proxy closes"));
    }

    @Test
    void aShorterDrainTakesThePlaceOfALonger() {
        TunnelUnderTest test = new TunnelUnderTest(UnaryOperator.identity());
        test.filter.drain(DrainReason.ROUTE_CHANGED, Duration.ofMinutes(10));
        test.filter.drain(DrainReason.PROXY_CLOSES, Duration.ofSeconds(4));

        test.tunnel.pass(Duration.ofSeconds(2));

        assertThat(test.toClient()).isEqualTo(closeToClient(1001, "proxy closes"));
        test.tunnel.pass(Duration.ofSeconds(2));
        assertThat(test.tunnel.closed()).isTrue();
    }

    @Test
    void nothingEndsAnIdleTunnelByDefault() {
        TunnelUnderTest test = new TunnelUnderTest(UnaryOperator.identity());

        test.tunnel.pass(Duration.ofDays(30));

        assertThat(test.toClient() + test.toUpstream()).isEmpty();
        assertThat(test.tunnel.closed()).isFalse();
    }

    @Test
    void endsATunnelWithoutDataAndPingsAreNoData() {
        TunnelUnderTest test = new TunnelUnderTest(policy -> policy.idleTimeout(Duration.ofMinutes(1)));
        test.tunnel.pass(Duration.ofSeconds(50));
        test.from(Side.UPSTREAM, Wire.fromServer(0x81, ""));
        test.tunnel.pass(Duration.ofSeconds(50));
        test.from(Side.UPSTREAM, Wire.fromServer(0x89, ""));
        assertThat(test.toClient()).isEqualTo("81008900");

        test.tunnel.pass(Duration.ofSeconds(10));

        assertThat(test.toClient()).isEqualTo(closeToClient(1001, "idle"));
        assertThat(test.toUpstream()).isEqualTo(closeToUpstream(1001, "idle"));
    }

    @Test
    void endsATunnelAfterItsLifetimeBetweenMessages() {
        TunnelUnderTest test = new TunnelUnderTest(policy -> policy.lifetime(Duration.ofHours(1)));
        test.from(Side.UPSTREAM, Wire.fromServer(0x01, "61"));
        test.tunnel.pass(Duration.ofHours(1));
        assertThat(test.toClient()).isEqualTo("010161");

        test.from(Side.UPSTREAM, Wire.fromServer(0x80, "62"));

        assertThat(test.toClient()).isEqualTo("800162" + closeToClient(1001, "lifetime over"));
        assertThat(test.toUpstream()).isEqualTo(closeToUpstream(1001, "lifetime over"));
    }

    @Test
    void anEventsListenerThatThrowsChangesNothing() {
        WebSockets policy = TunnelUnderTest.policy().maxTunnels(1).events(new WebSocketEvents() {
            @Override
            public void tunnelClosed(WebSocketSummary tunnel) {
                throw new IllegalStateException("test");
            }
        });
        var filter = policy.decide(new TunnelUnderTest.Asked()).filter().orElseThrow();
        filter.opened(new FakeTunnel(), new TunnelUnderTest.Fields());

        filter.closed();

        assertThat(policy.counts().open()).isZero();
        assertThat(policy.decide(new TunnelUnderTest.Asked()).refusal()).isEmpty();
    }
}
