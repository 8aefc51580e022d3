package dev.tlsproxy.acme;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.acme.spi.ChallengeSolver;
import dev.tlsproxy.acme.spi.ChallengeType;
import dev.tlsproxy.acme.testing.Pebble;
import dev.tlsproxy.acme.testing.PebbleOptions;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** From nothing to verified HTTPS through real Pebble, with half of the nonces refused and authorizations reused. */
@Timeout(120)
class AcmePebbleIT {

    private static final Duration READY = Duration.ofSeconds(30);
    private static final List<String> NAMES = List.of("one.example.com", "two.example.com", "three.example.org");

    @TempDir
    Path directory;

    private final AcmeSite site = new AcmeSite();
    private Pebble pebble;

    @AfterEach
    void close() {
        if (pebble != null) {
            pebble.close();
        }
        site.close();
    }

    @ParameterizedTest
    @MethodSource("dev.tlsproxy.acme.testing.Pebble#binaries")
    void threeNamesByTlsAlpn01(Path binary) throws Exception {
        start(binary);
        Acme acme = acme().challenges(ChallengeType.TLS_ALPN_01);
        assertIssuedWithinTenSeconds(acme, NAMES, NAMES);
    }

    @ParameterizedTest
    @MethodSource("dev.tlsproxy.acme.testing.Pebble#binaries")
    void threeNamesByHttp01(Path binary) throws Exception {
        start(binary);
        Acme acme = acme().challenges(ChallengeType.HTTP_01);
        assertIssuedWithinTenSeconds(acme, NAMES, NAMES);
    }

    @ParameterizedTest
    @MethodSource("dev.tlsproxy.acme.testing.Pebble#binaries")
    void threeNamesByDns01WithAWildcard(Path binary) throws Exception {
        start(binary);
        try (DnsRelay relay = new DnsRelay(pebble.dns())) {
            ChallengeSolver solver = DnsRelay.solver(relay.uri());
            Acme acme = acme().dns(solver).challenges(ChallengeType.DNS_01);
            assertIssuedWithinTenSeconds(
                    acme,
                    List.of("one.example.com", "wild.example.org", "*.wild.example.org"),
                    List.of("one.example.com", "wild.example.org", "any.wild.example.org"));
            assertThat(relay.left()).as("TXT records left behind").isZero();
        }
    }

    private void assertIssuedWithinTenSeconds(Acme acme, Collection<String> patterns, List<String> hosts)
            throws Exception {
        try (TlsProxy proxy = site.proxy(pebble, acme, directory.resolve("store"), List.copyOf(patterns))
                .build()) {
            Instant from = Instant.now();
            proxy.start();
            proxy.awaitReady(READY);
            assertThat(Duration.between(from, Instant.now())).isLessThan(Duration.ofSeconds(10));

            SiteClient client = client();
            for (String host : hosts) {
                assertThat(client.get(host).response())
                        .startsWith("HTTP/1.1 200 ")
                        .endsWith(AcmeSite.HELLO);
            }
            assertThat(pebble.orders()).isEqualTo(patterns.size());
        }
    }

    @ParameterizedTest
    @MethodSource("dev.tlsproxy.acme.testing.Pebble#binaries")
    void restartServesTheSameCertificatesAtOnceWithoutAnOrderAndWithTheSameAccount(Path binary) throws Exception {
        start(binary);
        List<String> before = new ArrayList<>();
        try (TlsProxy proxy =
                site.proxy(pebble, acme(), directory.resolve("store"), NAMES).build()) {
            proxy.start();
            proxy.awaitReady(READY);
            for (String name : NAMES) {
                before.add(client().get(name).serial());
            }
        }
        assertThat(pebble.orders()).isEqualTo(3);

        List<String> names = new ArrayList<>(NAMES);
        names.add("four.example.com");
        try (TlsProxy proxy =
                site.proxy(pebble, acme(), directory.resolve("store"), names).build()) {
            proxy.start();
            // before anything is awaited: what is stored is served from the first handshake on
            for (int i = 0; i < NAMES.size(); i++) {
                assertThat(client().get(NAMES.get(i)).serial()).isEqualTo(before.get(i));
            }
            proxy.awaitReady(READY);
            assertThat(client().get("four.example.com").response()).endsWith(AcmeSite.HELLO);
        }
        assertThat(pebble.orders()).as("one more, for the new name").isEqualTo(4);
        assertThat(pebble.log())
                .contains("There are now 1 accounts in memory")
                .doesNotContain("There are now 2 accounts in memory");
    }

    private void start(Path binary) {
        pebble = Pebble.start(binary, PebbleOptions.defaults().nonceReject(50));
    }

    private static Path newest() {
        List<Path> binaries = Pebble.binaries();
        return binaries.get(binaries.size() - 1);
    }

    private Acme acme() {
        return AcmeSite.acme(pebble, directory);
    }

    private SiteClient client() {
        X509Certificate root = pebble.root(0);
        return new SiteClient(root, pebble.tlsPort());
    }
}
