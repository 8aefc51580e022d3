package dev.tlsproxy.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.tlsproxy.acme.testing.Pebble;
import dev.tlsproxy.acme.testing.PebbleOptions;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code java -jar tls-proxy.jar run --acme} with real Pebble as its CA. */
@Timeout(120)
class RunAcmeIT {

    private static final String HOST = "shop.example.com";

    @TempDir
    Path directory;

    private HttpServer shop;
    private Pebble pebble;

    @BeforeEach
    void start() throws IOException {
        pebble = Pebble.start(PebbleOptions.defaults());
        shop = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        shop.createContext("/", exchange -> {
            byte[] body = ("shop " + exchange.getRequestURI()).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        shop.start();
    }

    @AfterEach
    void stop() {
        shop.stop(0);
        pebble.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"auto", "http-01", "tls-alpn-01"})
    void servesACertificateOfTheCaAndAfterARestartTheSame(String challenge) throws Exception {
        String first;
        try (JarProcess run = run(challenge)) {
            assertThat(run.ready().ca()).isEqualTo("none");
            await().atMost(Duration.ofSeconds(30)).until(() -> certificate() != null);
            first = certificate();
            run.terminate();
            assertThat(run.exitCode()).isZero();
        }
        try (JarProcess run = run(challenge)) {
            run.ready();
            assertThat(certificate()).isEqualTo(first);
            run.terminate();
            assertThat(run.exitCode()).isZero();
        }
        assertThat(pebble.orders()).isEqualTo(1);
    }

    private JarProcess run(String challenge) throws Exception {
        Path trust = Files.writeString(
                directory.resolve("ca.pem"),
                "-----BEGIN CERTIFICATE-----\n"
                        + Base64.getMimeEncoder().encodeToString(pebble.trust().getEncoded())
                        + "\n-----END CERTIFICATE-----\n");
        return JarProcess.start(List.of(
                "run",
                "--https",
                "127.0.0.1:" + pebble.tlsPort(),
                "--http",
                "127.0.0.1:" + pebble.httpPort(),
                "--store",
                directory.resolve("store").toString(),
                "--route",
                HOST + "=http://127.0.0.1:" + shop.getAddress().getPort(),
                "--acme",
                pebble.directory().toString(),
                "--acme-email",
                "admin@example.com",
                "--acme-trust",
                trust.toString(),
                "--acme-challenge",
                challenge));
    }

    /** Serial of the certificate that a client verifies by the CA's root; null where none is served yet. */
    private String certificate() throws Exception {
        Socket plain = new Socket("127.0.0.1", pebble.tlsPort());
        plain.setSoTimeout(10_000);
        try (SSLSocket socket = (SSLSocket)
                trusting(pebble.root(0)).getSocketFactory().createSocket(plain, HOST, pebble.tlsPort(), true)) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            try {
                socket.startHandshake();
            } catch (IOException e) {
                assertThat(e).hasMessageContaining("unrecognized_name");
                return null;
            }
            socket.getOutputStream()
                    .write(("GET /cart HTTP/1.1\r\nHost: " + HOST + "\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                    .startsWith("HTTP/1.1 200 ")
                    .endsWith("shop /cart");
            return ((X509Certificate) socket.getSession().getPeerCertificates()[0])
                    .getSerialNumber()
                    .toString(16);
        }
    }

    private static SSLContext trusting(X509Certificate root) throws Exception {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        trusted.setCertificateEntry("root", root);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }
}
