package dev.tlsproxy.acme.internal.order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.acme.spi.ChallengeType;
import dev.tlsproxy.acme.spi.KeyType;
import dev.tlsproxy.acme.testing.MockDnsSolver;
import dev.tlsproxy.acme.testing.Pebble;
import dev.tlsproxy.acme.testing.PebbleOptions;
import dev.tlsproxy.acme.testing.TestChallengePort;
import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.CertifiedKey;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** An issuer against each real Pebble there is, which refuses half of all nonces. */
@ParameterizedClass
@MethodSource("dev.tlsproxy.acme.testing.Pebble#binaries")
class AcmeIssuerPebbleIT {

    @Parameter
    Path binary;

    private final CertificateStore store = CertificateStore.inMemory();
    private Pebble pebble;
    private TestChallengePort port;
    private MockDnsSolver solver;

    @BeforeEach
    void start() {
        pebble = Pebble.start(binary, PebbleOptions.defaults().alternateRoots(1));
        port = new TestChallengePort(pebble.httpPort(), pebble.tlsPort());
        solver = new MockDnsSolver(pebble.dns());
    }

    @AfterEach
    void stop() {
        port.close();
        pebble.close();
    }

    @Test
    void issuesByHttp01() throws Exception {
        try (AcmeIssuer issuer = issuer(settings(ChallengeType.HTTP_01))) {
            for (String name : List.of("a.example.com", "b.example.com", "a.example.com")) {
                CertifiedKey key = issuer.issue(name, Optional.empty());
                assertThat(key.names()).containsExactly(name);
                assertTrusted(key, pebble.root(0));
            }
        }
        assertThat(port.presented()).containsExactlyInAnyOrder("http-01 a.example.com", "http-01 b.example.com");
        assertThat(port.isClear()).isTrue();
    }

    @Test
    void issuesByTlsAlpn01() throws Exception {
        try (AcmeIssuer issuer = issuer(settings(ChallengeType.TLS_ALPN_01))) {
            assertTrusted(issuer.issue("a.example.com", Optional.empty()), pebble.root(0));
        }
        assertThat(port.presented()).containsExactly("tls-alpn-01 a.example.com");
        assertThat(port.isClear()).isTrue();
    }

    @Test
    void issuesAWildcardByDns01() throws Exception {
        try (AcmeIssuer issuer = issuer(settings(ChallengeType.values()))) {
            CertifiedKey key = issuer.issue("*.example.com", Optional.empty());
            assertThat(key.names()).containsExactly("*.example.com");
            assertTrusted(key, pebble.root(0));
        }
        assertThat(port.presented()).isEmpty();
        assertThat(solver.records()).isEmpty();
    }

    @Test
    void issuesForAnAddressByTlsAlpn01() throws Exception {
        try (AcmeIssuer issuer = issuer(settings(ChallengeType.TLS_ALPN_01))) {
            assertThat(issuer.issue("127.0.0.1", Optional.empty()).names()).containsExactly("127.0.0.1");
        }
        assertThat(port.presented()).containsExactly("tls-alpn-01 1.0.0.127.in-addr.arpa");
    }

    @Test
    void issuesForAnAddressByHttp01() throws Exception {
        try (AcmeIssuer issuer = issuer(settings(ChallengeType.HTTP_01))) {
            assertThat(issuer.issue("127.0.0.1", Optional.empty()).names()).containsExactly("127.0.0.1");
        }
    }

    @Test
    void triesAnotherChallengeTypeWhenOneFails() throws Exception {
        pebble.dns().setA("a.example.com", "127.0.0.2"); // where nothing answers but the TXT record does
        try (AcmeIssuer issuer = issuer(settings(ChallengeType.TLS_ALPN_01, ChallengeType.DNS_01))) {
            assertTrusted(issuer.issue("a.example.com", Optional.empty()), pebble.root(0));
            assertThat(port.presented()).containsExactly("tls-alpn-01 a.example.com");
            port.presented().clear();
            issuer.issue("a.example.com", Optional.empty());
            assertThat(port.presented()).as("dns-01 is known to work").isEmpty();
        }
        assertThat(port.isClear()).isTrue();
    }

    @Test
    void saysWhatFailedWhereAndWhatHelps() {
        pebble.dns().setA("a.example.com", "127.0.0.2");
        try (AcmeIssuer issuer = issuer(settings(ChallengeType.HTTP_01))) {
            assertThatThrownBy(() -> issuer.issue("a.example.com", Optional.empty()))
                    .isInstanceOfSatisfying(
                            IssueException.class,
                            e -> assertThat(e.kind()).isEqualTo(IssueException.Kind.NOT_VALIDATED))
                    .hasMessageMatching("a\\.example\\.com: http-01: connection: .*dial tcp 127\\.0\\.0\\.2:"
                            + pebble.httpPort() + ".* \\(expected: that ports 80 and 443 .*\\)");
        }
        assertThat(port.isClear()).isTrue();
    }

    @Test
    void usesTheSameAccountAfterARestart() throws Exception {
        try (AcmeIssuer issuer = issuer(settings(ChallengeType.HTTP_01))) {
            issuer.issue("a.example.com", Optional.empty());
        }
        byte[] account = store.read(accountDocument("account.properties")).orElseThrow();
        try (AcmeIssuer issuer = issuer(settings(ChallengeType.HTTP_01))) {
            issuer.issue("b.example.com", Optional.empty());
        }
        assertThat(store.read(accountDocument("account.properties"))).contains(account);
    }

    @Test
    void registersAgainWhereTheCaLostTheAccount() throws Exception {
        try (AcmeIssuer issuer = issuer(settings(ChallengeType.HTTP_01))) {
            issuer.issue("a.example.com", Optional.empty());
            pebble.restart();
            assertTrusted(issuer.issue("a.example.com", Optional.empty()), pebble.root(0));
        }
    }

    @Test
    void bindsTheAccountToAnExternalOne() throws Exception {
        String macKey = "c2l4dHktZm91ci1ieXRlcy1vZi1hLWtleS10aGF0LW9ubHktdGhpcy10ZXN0LWtub3dz";
        pebble.close();
        pebble = Pebble.start(binary, PebbleOptions.defaults().externalAccount("kid-1", macKey));
        port.close();
        port = new TestChallengePort(pebble.httpPort(), pebble.tlsPort());
        try (AcmeIssuer issuer = issuer(settings(ChallengeType.HTTP_01))) {
            assertThatThrownBy(() -> issuer.issue("a.example.com", Optional.empty()))
                    .isInstanceOfSatisfying(
                            IssueException.class, e -> assertThat(e.kind()).isEqualTo(IssueException.Kind.FOR_GOOD))
                    .hasMessageContaining(": externalAccountRequired: ")
                    .hasMessageEndingWith(
                            "(expected: an external account (key id and MAC key), which the CA's web site gives)");
        }
        CaSettings base = settings(ChallengeType.HTTP_01);
        CaSettings bound = new CaSettings(
                base.directory(),
                base.staging(),
                base.email(),
                Optional.of(new CaSettings.ExternalAccount("kid-1", macKey)),
                base.trusted(),
                base.profile(),
                base.keyType(),
                base.preferredChain(),
                base.challenges(),
                base.dns());
        try (AcmeIssuer issuer = issuer(bound)) {
            assertTrusted(issuer.issue("a.example.com", Optional.empty()), pebble.root(0));
        }
    }

    @Test
    void takesThePreferredChain() throws Exception {
        X509Certificate other = pebble.root(1);
        String name = other.getSubjectX500Principal().getName().replaceFirst("^CN=([^,]+).*", "$1");
        CaSettings settings = with(settings(ChallengeType.HTTP_01), Optional.of(name), Optional.empty());
        try (AcmeIssuer issuer = issuer(settings)) {
            assertTrusted(issuer.issue("a.example.com", Optional.empty()), other);
        }
    }

    @Test
    void refusesANameTheCaSignsForNobody() {
        try (AcmeIssuer issuer = issuer(settings(ChallengeType.HTTP_01))) {
            assertThatThrownBy(() -> issuer.issue("www.blocked.example", Optional.empty()))
                    .isInstanceOfSatisfying(
                            IssueException.class, e -> assertThat(e.kind()).isEqualTo(IssueException.Kind.FOR_GOOD))
                    .hasMessageStartingWith("www.blocked.example: rejectedIdentifier: ")
                    .hasMessageEndingWith("(expected: a name that this CA signs; ask it why not this one)");
        }
    }

    @Test
    void refusesAWildcardWithoutSolverBeforeTheFirstOrder() {
        CaSettings settings = settings(ChallengeType.HTTP_01, ChallengeType.TLS_ALPN_01);
        try (AcmeIssuer issuer = issuer(settings)) {
            assertThatThrownBy(() -> issuer.issue("*.example.com", Optional.empty()))
                    .isInstanceOfSatisfying(
                            IssueException.class, e -> assertThat(e.kind()).isEqualTo(IssueException.Kind.FOR_GOOD))
                    .hasMessageContaining("a ChallengeSolver for it, as a wildcard allows no other");
        }
        assertThat(pebble.orders()).isZero();
    }

    @Test
    void tellsTheRenewalWindowAndReplacesOnce() throws Exception {
        pebble.needRenewalInfo();
        try (AcmeIssuer issuer = issuer(settings(ChallengeType.HTTP_01))) {
            X509Certificate first =
                    issuer.issue("a.example.com", Optional.empty()).leaf();
            RenewalWindow window = issuer.renewalWindow(first).orElseThrow();
            assertThat(window.start())
                    .isBetween(
                            first.getNotBefore().toInstant(),
                            first.getNotAfter().toInstant());
            assertThat(window.end()).isAfterOrEqualTo(window.start());
            assertThat(window.askAgain()).isAfter(Instant.now());
            issuer.issue("a.example.com", Optional.of(first));
            issuer.issue("a.example.com", Optional.of(first)); // alreadyReplaced
        }
    }

    @Test
    void tellsNoRenewalWindowWhereTheCaHasNone() throws Exception {
        try (AcmeIssuer issuer = issuer(settings(ChallengeType.HTTP_01))) {
            assertThat(issuer.renewalWindow(pebble.trust()))
                    .as("no authority key identifier")
                    .isEmpty();
        }
    }

    @Test
    void ordersAProfile() throws Exception {
        pebble.needProfiles();
        CaSettings settings = with(settings(ChallengeType.HTTP_01), Optional.empty(), Optional.of("shortlived"));
        try (AcmeIssuer issuer = issuer(settings)) {
            CertifiedKey key = issuer.issue("a.example.com", Optional.empty());
            assertThat(Duration.between(key.notBefore(), key.notAfter())).isLessThan(Duration.ofDays(7));
        }
        CaSettings unknown = with(settings(ChallengeType.HTTP_01), Optional.empty(), Optional.of("nonesuch"));
        try (AcmeIssuer issuer = issuer(unknown)) {
            assertThatThrownBy(() -> issuer.issue("a.example.com", Optional.empty()))
                    .isInstanceOfSatisfying(
                            IssueException.class, e -> assertThat(e.kind()).isEqualTo(IssueException.Kind.FOR_GOOD))
                    .hasMessageContaining("(expected: a profile that the CA's directory lists, or none)");
        }
    }

    private static void assertTrusted(CertifiedKey key, X509Certificate root) throws Exception {
        X509Certificate top = key.chain().get(key.chain().size() - 1);
        top.verify(root.getPublicKey());
    }

    private String accountDocument(String document) {
        return "acme/localhost-" + pebble.directory().getPort() + "-dir/" + document;
    }

    private AcmeIssuer issuer(CaSettings settings) {
        return new AcmeIssuer(settings, store, port, Clock.systemUTC(), Pause.SLEEP, new Random(1));
    }

    private CaSettings settings(ChallengeType... types) {
        return new CaSettings(
                pebble.directory(),
                Optional.empty(),
                Optional.of("admin@example.com"),
                Optional.empty(),
                List.of(pebble.trust()),
                Optional.empty(),
                KeyType.EC_P256,
                Optional.empty(),
                Set.of(types),
                Set.of(types).contains(ChallengeType.DNS_01) ? Optional.of(solver) : Optional.empty());
    }

    private static CaSettings with(CaSettings base, Optional<String> chain, Optional<String> profile) {
        return new CaSettings(
                base.directory(),
                base.staging(),
                base.email(),
                base.externalAccount(),
                base.trusted(),
                profile,
                base.keyType(),
                chain,
                base.challenges(),
                base.dns());
    }
}
