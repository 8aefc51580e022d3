package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PoliciesTest {

    @Test
    void tlsPolicyTellsWhatItOffers() {
        assertThat(TlsPolicy.defaults()).hasToString("TlsPolicy[TLSv1.3, TLSv1.2]");
        assertThat(TlsPolicy.tls13Only().preferPostQuantum()).hasToString("TlsPolicy[TLSv1.3, post-quantum preferred]");
        assertThat(TlsPolicy.defaults().requirePostQuantum().defaultName("API.example.com"))
                .hasToString("TlsPolicy[TLSv1.3, post-quantum required, default name api.example.com]");
    }

    @Test
    void tlsPolicyRefusesDefaultNameThatIsNoHost() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TlsPolicy.defaults().defaultName("*.example.com"))
                .withMessage("defaultName: \"*.example.com\" (expected: a host name or IP address)");
    }

    @Test
    void forwardedPolicyCollectsNetworks() {
        assertThat(ForwardedPolicy.defaults().trustProxies("10.0.0.0/8").trustProxies("2001:db8::/32", "192.0.2.7"))
                .hasToString("ForwardedPolicy[trusted=[10.0.0.0/8, 2001:db8:0:0:0:0:0:0/32, 192.0.2.7/32]]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "example.com", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/x", "10.0.0.0/+8", "::/129"})
    void forwardedPolicyRefusesWhatIsNoNetwork(String network) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ForwardedPolicy.defaults().trustProxies(network))
                .withMessage("network: \"" + network
                        + "\" (expected: an IP address or CIDR notation such as \"10.0.0.0/8\")");
    }

    @Test
    void forwardedPolicyRefusesBitsBehindThePrefix() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ForwardedPolicy.defaults().trustProxies("10.1.2.3/8"))
                .withMessage("network: \"10.1.2.3/8\" has bits set behind its prefix (expected: \"10.0.0.0/8\")");
    }

    @Test
    void timeoutsRefuseWhatIsOutOfRange() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Timeouts.defaults().handshake(Duration.ofDays(2)))
                .withMessage("handshake: PT48H (expected: PT0.001S..PT24H)");
        assertThat(Timeouts.defaults().connect(Duration.ofMillis(1)).connect()).isEqualTo(Duration.ofMillis(1));
    }
}
