package dev.tlsproxy.acme;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.acme.spi.ChallengeType;
import dev.tlsproxy.acme.testing.Pebble;
import dev.tlsproxy.acme.testing.PebbleOptions;
import dev.tlsproxy.acme.testing.TestTls;
import dev.tlsproxy.spi.CertificateManager;
import dev.tlsproxy.spi.CertificateSink;
import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.ChallengePort;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A certificate for an IP address (RFC 8738), through real Pebble. Only a loopback address is at hand, which the proxy gives
 * to its local CA; so the test's manager slips it in among the CA's names, and what it deploys takes the place of the local CA's.
 */
@Timeout(120)
class AcmeAddressIT {

    private static final String ADDRESS = "127.0.0.1";

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
    @EnumSource(
            value = ChallengeType.class,
            names = {"TLS_ALPN_01", "HTTP_01"})
    void aClientWithoutServerNameVerifiesTheAddressItConnectedTo(ChallengeType type) throws Exception {
        pebble = Pebble.start(PebbleOptions.defaults());
        Acme acme = AcmeSite.acme(pebble, directory).challenges(type);
        CertificateManager manager = new AlsoFor(ADDRESS, acme);
        try (TlsProxy proxy = AcmeSite.proxy(
                        site.uri(), pebble.tlsPort(), pebble.httpPort(), manager, List.of("one.example.com", ADDRESS))
                .store(directory.resolve("store"))
                .build()) {
            proxy.start();
            proxy.awaitReady(Duration.ofSeconds(30));
            // until then the local CA's is shown, which this client does not trust
            org.awaitility.Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .ignoreExceptions()
                    .untilAsserted(() -> assertThat(shownWithoutServerName().getSubjectAlternativeNames())
                            .containsExactly(List.of(7, ADDRESS)));
            assertThat(new SiteClient(pebble.root(0), pebble.tlsPort())
                            .get("one.example.com")
                            .response())
                    .endsWith(AcmeSite.HELLO);
        }
    }

    /** Verifies chain and address. */
    private X509Certificate shownWithoutServerName() throws Exception {
        Socket plain = new Socket();
        plain.connect(new InetSocketAddress(ADDRESS, pebble.tlsPort()), 5_000);
        plain.setSoTimeout(10_000);
        try (SSLSocket socket = (SSLSocket) TestTls.trusting(List.of(pebble.root(0)))
                .getSocketFactory()
                .createSocket(plain, ADDRESS, pebble.tlsPort(), true)) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            return (X509Certificate) socket.getSession().getPeerCertificates()[0];
        }
    }

    /** A manager with one name more than the proxy has for it. */
    private record AlsoFor(String name, CertificateManager manager) implements CertificateManager {

        @Override
        public void start(Context context) {
            Set<String> names = new java.util.HashSet<>(context.names());
            names.add(name);
            // in the proxy's own store it would find the local CA's certificate for the address
            manager.start(new More(names, CertificateStore.inMemory(), context.sink(), context.challenges()));
        }

        @Override
        public void close() {
            manager.close();
        }

        private record More(Set<String> names, CertificateStore store, CertificateSink sink, ChallengePort challenges)
                implements Context {}
    }
}
