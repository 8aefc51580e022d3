package dev.tlsproxy.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.spi.NegotiatedTls;
import dev.tlsproxy.testing.TestCa;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServerTlsContextTest {

    private static final int X25519 = NamedGroups.X25519;
    private static final int P256 = NamedGroups.SECP256R1;
    private static final int HYBRID = NamedGroups.X25519MLKEM768;

    private final CertificateTable certificates = new CertificateTable();
    private final ServerTlsContext context = context(new TlsConfig(true, false, false, Optional.empty()));

    ServerTlsContextTest() {
        TestCa ca = TestCa.create();
        for (String name : List.of("a.test", "xn--bcher-kva.test", "*.w.test", "192.0.2.7")) {
            certificates.deploy(name, ca.issue(name));
        }
    }

    private ServerTlsContext context(TlsConfig config) {
        return new ServerTlsContext(config, certificates, new ChallengeTable(), CertificateDemand.NONE);
    }

    private static ClientHello hello(String name, List<String> alpn, List<Integer> groups, List<Integer> shares) {
        return new ClientHello(Optional.ofNullable(name), alpn, List.of(0x0304, 0x0303), groups, shares);
    }

    private Admission admit(String name) throws Exception {
        return context.admit(
                hello(name, List.of("h2"), List.of(X25519), List.of(X25519)), InetAddress.getByName("192.0.2.1"));
    }

    private static String firstGroup(Admission admission) {
        return ((Admission.Proceed) admission).parameters().getNamedGroups()[0];
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.test", "A.Test", "a.test.", "xn--bcher-kva.test", "x.w.test", "192.0.2.7"})
    void admitsNamesInAnyWrittenForm(String name) throws Exception {
        assertThat(admit(name)).isInstanceOf(Admission.Proceed.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"b.test", "w.test", "x.y.w.test", "b\u00fccher.test", "a.test\u0000", "a.test ", "."})
    void refusesOtherNamesByUnrecognizedName(String name) throws Exception {
        assertThat(admit(name)).isEqualTo(new Admission.Refuse(112, "no certificate for the name the client asks for"));
    }

    @Test
    void servesLocalAddressToClientWithoutName() throws Exception {
        ClientHello nameless = hello(null, List.of(), List.of(X25519), List.of(X25519));

        assertThat(context.admit(nameless, InetAddress.getByName("192.0.2.7"))).isInstanceOf(Admission.Proceed.class);
        assertThat(context.admit(nameless, InetAddress.getByName("192.0.2.1")))
                .isEqualTo(new Admission.Refuse(112, "the client names no host"));
    }

    @Test
    void takesTheBestGroupOfWhichAShareCame() throws Exception {
        List<Integer> groups = List.of(P256, X25519, HYBRID);
        InetAddress local = InetAddress.getByName("192.0.2.1");

        assertThat(firstGroup(context.admit(hello("a.test", List.of(), groups, List.of(X25519, HYBRID)), local)))
                .isEqualTo("X25519MLKEM768");
        assertThat(firstGroup(context.admit(hello("a.test", List.of(), groups, List.of(P256, X25519)), local)))
                .isEqualTo("x25519");
        assertThat(firstGroup(context.admit(hello("a.test", List.of(), groups, List.of(P256)), local)))
                .isEqualTo("secp256r1");
    }

    @Test
    void asksForTheHybridAgainWherePreferred() throws Exception {
        ServerTlsContext preferring = context(new TlsConfig(true, false, true, Optional.empty()));

        assertThat(firstGroup(preferring.admit(
                        hello("a.test", List.of(), List.of(X25519, HYBRID), List.of(X25519)),
                        InetAddress.getByName("192.0.2.1"))))
                .isEqualTo("X25519MLKEM768");
    }

    @Test
    void requiredPostQuantumObjectsToOtherGroups() {
        ServerTlsContext requiring = context(new TlsConfig(false, true, false, Optional.empty()));

        assertThat(requiring.objection(negotiated("X25519MLKEM768"))).isEmpty();
        assertThat(requiring.objection(negotiated("x25519")))
                .contains("the handshake did not use X25519MLKEM768, which is required");
        assertThat(context.objection(negotiated("x25519"))).isEmpty();
    }

    private static NegotiatedTls negotiated(String group) {
        return new NegotiatedTls(
                "TLSv1.3", Optional.of(group), "TLS_AES_128_GCM_SHA256", Optional.empty(), Optional.empty());
    }
}
