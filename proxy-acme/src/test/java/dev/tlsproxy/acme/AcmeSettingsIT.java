package dev.tlsproxy.acme;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.acme.spi.KeyType;
import dev.tlsproxy.acme.testing.Pebble;
import dev.tlsproxy.acme.testing.PebbleOptions;
import dev.tlsproxy.acme.testing.Ports;
import java.net.URI;
import java.nio.file.Path;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a user may choose, from the first method call to the certificate that a verifying client sees. */
@Timeout(60)
class AcmeSettingsIT {

    private static final String NAME = "one.example.com";
    private static final String MAC_KEY = "c2l4dHktZm91ci1ieXRlcy1vZi1hLWtleS10aGF0LW9ubHktdGhpcy10ZXN0LWtub3dz";

    @TempDir
    Path directory;

    private final AcmeSite site = new AcmeSite();
    private Pebble pebble;

    @AfterEach
    void close() {
        pebble.close();
        site.close();
    }

    @ParameterizedTest
    @EnumSource
    void keyType(KeyType type) throws Exception {
        pebble = Pebble.start(PebbleOptions.defaults());
        assertThat(kind(shown(acme().keyType(type), 0).getPublicKey())).isEqualTo(type);
    }

    @Test
    void preferredChain() throws Exception {
        pebble = Pebble.start(PebbleOptions.defaults().alternateRoots(1));
        String other = pebble.root(1).getSubjectX500Principal().getName().replaceFirst("^CN=([^,]+).*", "$1");
        assertThat(shown(acme().preferredChain(other), 1)).isNotNull();
    }

    @Test
    void theCasFirstChainWhereNoneIsPreferred() throws Exception {
        pebble = Pebble.start(PebbleOptions.defaults().alternateRoots(1));
        assertThat(shown(acme().preferredChain("no such issuer"), 0)).isNotNull();
    }

    @Test
    void externalAccount() throws Exception {
        pebble = Pebble.start(PebbleOptions.defaults().externalAccount("kid-1", MAC_KEY));
        assertThat(shown(acme().externalAccount("kid-1", MAC_KEY), 0)).isNotNull();
    }

    @Test
    void profile() throws Exception {
        pebble = Pebble.start(PebbleOptions.defaults());
        pebble.needProfiles();
        X509Certificate leaf = shown(acme().profile("shortlived"), 0);
        assertThat(Duration.between(
                        leaf.getNotBefore().toInstant(), leaf.getNotAfter().toInstant()))
                .isLessThan(Duration.ofDays(7));
    }

    @Test
    void theSecondCaWhereTheFirstIsDown() throws Exception {
        pebble = Pebble.start(PebbleOptions.defaults());
        URI nobody = URI.create("https://localhost:" + Ports.free() + "/dir");
        assertThat(shown(Acme.directory(nobody).or(acme()), 0)).isNotNull();
    }

    @Test
    void theSecondCaWhereTheFirstDoesNotSignTheName() throws Exception {
        pebble = Pebble.start(PebbleOptions.defaults());
        try (Pebble first = Pebble.start(PebbleOptions.defaults().blocked(NAME))) {
            Path trust = java.nio.file.Files.createDirectory(directory.resolve("first"));
            assertThat(shown(AcmeSite.acme(first, trust).or(acme()), 0)).isNotNull();
            assertThat(first.log()).contains("POST /order-plz");
            assertThat(first.orders()).isZero();
        }
        assertThat(pebble.orders()).isEqualTo(1);
    }

    /** Serves one name and returns what a client verifies by a root of the CA's, and by no other. */
    private X509Certificate shown(Acme acme, int root) throws Exception {
        try (TlsProxy proxy = site.proxy(pebble, acme, directory.resolve("store"), List.of(NAME))
                .build()) {
            proxy.start();
            proxy.awaitReady(Duration.ofSeconds(30));
            return new SiteClient(pebble.root(root), pebble.tlsPort()).get(NAME).leaf();
        }
    }

    private static KeyType kind(PublicKey key) {
        if (key instanceof RSAPublicKey rsa) {
            return KeyType.valueOf("RSA_" + rsa.getModulus().bitLength());
        }
        return KeyType.valueOf(
                "EC_P" + ((ECPublicKey) key).getParams().getOrder().bitLength());
    }

    private Acme acme() {
        return AcmeSite.acme(pebble, directory);
    }
}
