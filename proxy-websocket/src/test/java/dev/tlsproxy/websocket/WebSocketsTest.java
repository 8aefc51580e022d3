package dev.tlsproxy.websocket;

import static dev.tlsproxy.websocket.TunnelUnderTest.policy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tlsproxy.spi.TunnelFilter;
import dev.tlsproxy.spi.UpgradeHandler.Decision;
import dev.tlsproxy.websocket.TunnelUnderTest.Asked;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a policy lets in, before the upstream hears of it. */
class WebSocketsTest {

    private static final Decision TOO_MANY = Decision.refuse(503, "too many tunnels", Map.of("Retry-After", "10"));
    private static final Decision TOO_MANY_OF_CLIENT =
            Decision.refuse(429, "too many tunnels of this client", Map.of("Retry-After", "10"));

    @ParameterizedTest
    @ValueSource(strings = {"8", "12", "14", "", "13, 8", "013"})
    void asksForVersion13(String version) {
        assertThat(policy().decide(new Asked().with("Sec-WebSocket-Version", version)))
                .isEqualTo(Decision.refuse(
                        426, "WebSocket version 13 is required", Map.of("Sec-WebSocket-Version", "13")));
    }

    @Test
    void asksForOneVersion() {
        assertThat(policy().decide(new Asked().with("Sec-WebSocket-Version")).refusal())
                .contains(426);
        assertThat(policy().decide(new Asked().with("Sec-WebSocket-Version", "13", "13"))
                        .refusal())
                .contains(426);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "dGhl", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25j!Q==", "dGhlIHNhbXBsZSBub25jZSBi"})
    void refusesWhatIsNoKey(String key) {
        assertThat(policy().decide(new Asked().with("Sec-WebSocket-Key", key)))
                .isEqualTo(Decision.refuse(400, "Sec-WebSocket-Key must be one value of 16 bytes in Base64"));
    }

    @Test
    void refusesNoKeyAndTwo() {
        String key = "dGhlIHNhbXBsZSBub25jZQ==";
        assertThat(policy().decide(new Asked().with("Sec-WebSocket-Key")).refusal())
                .contains(400);
        assertThat(policy().decide(new Asked().with("Sec-WebSocket-Key", key, key))
                        .refusal())
                .contains(400);
    }

    @Test
    void refusesOtherOrigins() {
        WebSockets policy = policy().allowedOrigins("https://a.example");

        assertThat(policy.decide(new Asked().with("Origin", "https://b.example")))
                .isEqualTo(Decision.refuse(403, "origin not allowed"));
        assertThat(policy.decide(new Asked().with("Origin", "https://a.example"))
                        .refusal())
                .isEmpty();
        assertThat(policy.decide(new Asked()).refusal()).isEmpty();
    }

    @Test
    void offersTheUpstreamAllowedSubprotocolsOnly() {
        WebSockets policy = policy().subprotocols("mqtt", "mqttv3.1");
        Asked some = new Asked().with("Sec-WebSocket-Protocol", "graphql-ws, mqttv3.1", "mqtt");

        assertThat(policy.decide(some).refusal()).isEmpty();
        assertThat(some.fields.all("Sec-WebSocket-Protocol")).containsExactly("mqttv3.1, mqtt");
        assertThat(policy.decide(new Asked().with("Sec-WebSocket-Protocol", "MQTT, graphql-ws")))
                .isEqualTo(Decision.refuse(403, "subprotocol not allowed"));
        assertThat(policy.decide(new Asked()).refusal()).isEmpty();
    }

    @Test
    void leavesSubprotocolsAloneByDefault() {
        Asked asked = new Asked().with("Sec-WebSocket-Protocol", "b ,a", "c");

        assertThat(policy().decide(asked).refusal()).isEmpty();
        assertThat(asked.fields.all("Sec-WebSocket-Protocol")).containsExactly("b ,a", "c");
    }

    @Test
    void limitsTheTunnelsOfARoute() {
        WebSockets policy = policy().maxTunnels(2);
        TunnelFilter first = let(policy, new Asked());
        let(policy, new Asked().by("192.0.2.2"));

        assertThat(policy.decide(new Asked().by("192.0.2.3"))).isEqualTo(TOO_MANY);
        let(policy, new Asked().on("other.example.com"));
        first.closed();
        first.closed();
        let(policy, new Asked());
        assertThat(policy.decide(new Asked())).isEqualTo(TOO_MANY);
    }

    @Test
    void limitsTheTunnelsOfAClient() {
        WebSockets policy = policy().maxTunnelsPerClient(1);
        TunnelFilter first = let(policy, new Asked());

        assertThat(policy.decide(new Asked())).isEqualTo(TOO_MANY_OF_CLIENT);
        let(policy, new Asked().by("192.0.2.2"));
        first.closed();
        let(policy, new Asked());
    }

    @Test
    void countsIpv6ClientsByNetwork() {
        WebSockets policy = policy().maxTunnelsPerClient(1);
        let(policy, new Asked().by("2001:db8::1"));

        assertThat(policy.decide(new Asked().by("2001:db8::ffff:2"))).isEqualTo(TOO_MANY_OF_CLIENT);
        let(policy, new Asked().by("2001:db8:0:1::1"));
    }

    @Test
    void sharesABudgetWithOtherPolicies() {
        TunnelBudget budget = TunnelBudget.of(2, 1);
        WebSockets one = policy().budget(budget);
        WebSockets other = policy().budget(budget);
        TunnelFilter first = let(one, new Asked());

        assertThat(other.decide(new Asked())).isEqualTo(TOO_MANY_OF_CLIENT);
        TunnelFilter second = let(other, new Asked().by("192.0.2.2"));
        assertThat(one.decide(new Asked().by("192.0.2.3"))).isEqualTo(TOO_MANY);
        List.of(first, second).forEach(TunnelFilter::closed);
        let(one, new Asked().by("192.0.2.3"));
        let(one, new Asked());
    }

    @Test
    void aRefusedRequestKeepsNoSlot() {
        TunnelBudget budget = TunnelBudget.of(1);
        WebSockets full = policy().maxTunnelsPerClient(1).maxTunnels(1).budget(budget);
        TunnelFilter other = let(policy().budget(budget), new Asked());
        for (int i = 0; i < 3; i++) {
            assertThat(full.decide(new Asked())).isEqualTo(TOO_MANY);
        }

        other.closed();

        let(full, new Asked());
    }

    @Test
    void equalSettingsMakeEqualPolicies() {
        WebSockets one = policy().allowedOrigins("https://a.example")
                .subprotocols("a", "b")
                .maxFrame(7);
        WebSockets same = policy().subprotocols("b", "a").maxFrame(7).allowedOrigins("https://A.example");

        assertThat(one).isEqualTo(same).hasSameHashCodeAs(same).isNotEqualTo(same.maxFrame(8));
    }

    @Test
    void refusesSettingsOutOfRange() {
        refuses(() -> policy().maxTunnels(0), "maxTunnels: 0 (expected: at least 1)");
        refuses(() -> policy().maxTunnelsPerClient(-1), "maxTunnelsPerClient: -1 (expected: at least 1)");
        refuses(() -> TunnelBudget.of(0), "maxTunnels: 0 (expected: at least 1)");
        refuses(() -> policy().maxFrame(0), "maxFrame: 0 (expected: at least 1)");
        refuses(() -> policy().maxMessage(0), "maxMessage: 0 (expected: at least 1)");
        refuses(() -> policy().idleTimeout(Duration.ZERO), "idleTimeout: PT0S (expected: PT0.001S..PT8760H)");
        refuses(() -> policy().lifetime(Duration.ofDays(366)), "lifetime: PT8784H (expected: PT0.001S..PT8760H)");
        refuses(() -> policy().keepAlive(Duration.ofMillis(9)), "keepAlive: PT0.009S (expected: PT1S..PT8760H)");
        refuses(() -> policy().closeTimeout(Duration.ZERO), "closeTimeout: PT0S (expected: PT0.001S..PT8760H)");
        refuses(() -> policy().subprotocols(), "subprotocols: none (expected: at least one)");
        refuses(() -> policy().subprotocols("a b"), "subprotocol: \"a b\" (expected: an RFC 9110 token)");
    }

    private static TunnelFilter let(WebSockets policy, Asked asked) {
        return policy.decide(asked).filter().orElseThrow();
    }

    private static void refuses(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
        assertThatIllegalArgumentException().isThrownBy(call).withMessage(message);
    }
}
