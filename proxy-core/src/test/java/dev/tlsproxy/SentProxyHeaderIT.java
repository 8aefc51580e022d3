package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tlsproxy.internal.http.H2Client;
import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.testing.HeaderUpstream;
import dev.tlsproxy.testing.TestCa;
import dev.tlsproxy.testing.TestPem;
import dev.tlsproxy.testing.TunnelEnds;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** PROXY headers that upstreams asked for. */
@Timeout(60)
class SentProxyHeaderIT {

    private static final String HOST = LocalProxy.HOST;
    private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";

    @TempDir
    Path directory;

    private HeaderUpstream upstream;
    private LocalProxy local;

    @BeforeEach
    void open() throws IOException {
        upstream = new HeaderUpstream(null);
    }

    @AfterEach
    void close() throws IOException {
        if (local != null) {
            local.close();
        }
        upstream.close();
    }

    /** One I/O thread: what is kept from one client would be there for the next. */
    private void run(TlsProxyBuilder builder, Route route) {
        local = LocalProxy.started(builder.ioThreads(1)
                .timeouts(Timeouts.defaults().upstreamIdle(Duration.ofSeconds(60)))
                .route(route));
    }

    private Route route(ProxyProtocol version) {
        return Route.of(HOST).to(Upstream.of(upstream.uri()).proxyProtocol(version));
    }

    private String get(RawTlsClient client, String target, String... fields) throws IOException {
        client.send("GET " + target + " HTTP/1.1\r\nHost: " + client.authority() + "\r\n"
                + String.join("", List.of(fields)) + "\r\n");
        String response = client.readResponse();
        return response.substring(response.indexOf("\r\n\r\n") + 4);
    }

    private String version1(RawTlsClient client) {
        return "PROXY TCP4 127.0.0.1 127.0.0.1 " + client.socket().getLocalPort() + " " + httpsPort() + "\r\n";
    }

    private int httpsPort() {
        return local.proxy.addresses().https().getPort();
    }

    private static String hex(String header) {
        return HexFormat.of().formatHex(header.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** A client of whom a trusted proxy tells in a PROXY header. */
    private RawTlsClient behind(String header) throws IOException {
        Socket plain = new Socket("127.0.0.1", httpsPort());
        plain.getOutputStream().write(header.getBytes(StandardCharsets.US_ASCII));
        SSLSocket socket = (SSLSocket)
                local.proxy.trustedSslContext().getSocketFactory().createSocket(plain, HOST, plain.getPort(), true);
        socket.setSoTimeout(20_000);
        return RawTlsClient.over(socket, local.authority());
    }

    @Test
    void version1NamesTheClientAndWhereItConnectedTo() throws Exception {
        run(LocalProxy.builder(), route(ProxyProtocol.V1));
        try (RawTlsClient client = local.http1()) {
            assertThat(get(client, "/")).isEqualTo("connection 1");

            assertThat(upstream.headers()).containsExactly(version1(client));
        }
    }

    @Test
    void version2NamesAClientOverHttp2() throws Exception {
        run(LocalProxy.builder(), route(ProxyProtocol.V2));
        try (RawTlsClient tls = RawTlsClient.connect(local.proxy, HOST, "h2");
                H2Client client = new H2Client(tls.socket())) {
            client.headers(1, H2Client.END_STREAM, local.fields("GET", "/"));
            assertThat(client.response(1)).containsEntry(":status", "200");
            client.headers(3, H2Client.END_STREAM, local.fields("GET", "/"));
            assertThat(client.response(3)).containsEntry(":status", "200");

            assertThat(upstream.headers())
                    .extracting(SentProxyHeaderIT::hex)
                    .containsExactly(SIGNATURE + "2111000c7f0000017f000001"
                            + String.format("%04x%04x", tls.socket().getLocalPort(), httpsPort()));
        }
    }

    @Test
    void headerComesBeforeTls() throws Exception {
        TestCa ca = TestCa.create();
        Path trusted = TestPem.file(directory.resolve("ca.pem"), TestPem.of(List.of(ca.root())));
        try (HeaderUpstream secure = new HeaderUpstream(serverContext(ca.issue("localhost")))) {
            run(
                    LocalProxy.builder(),
                    Route.of(HOST)
                            .to(Upstream.of("https://localhost:" + secure.port())
                                    .proxyProtocol(ProxyProtocol.V1)
                                    .trust(trusted)));
            try (RawTlsClient client = local.http1()) {
                assertThat(get(client, "/")).isEqualTo("connection 1");
                assertThat(get(client, "/")).isEqualTo("connection 1");

                assertThat(secure.headers()).containsExactly(version1(client));
            }
        }
    }

    @Test
    void eachClientConnectionHasAnUpstreamConnectionOfItsOwn() throws Exception {
        run(LocalProxy.builder(), route(ProxyProtocol.V2));
        try (RawTlsClient first = local.http1();
                RawTlsClient second = local.http1()) {
            for (int i = 0; i < 3; i++) {
                assertThat(get(first, "/")).isEqualTo("connection 1");
                assertThat(get(second, "/")).isEqualTo("connection 2");
            }
        }
        try (RawTlsClient third = local.http1()) {
            assertThat(get(third, "/")).isEqualTo("connection 3");
        }
        assertThat(upstream.headers()).hasSize(3).doesNotHaveDuplicates();
    }

    @Test
    void requestThatIsSentAgainGoesBehindTheSameHeader() throws Exception {
        run(LocalProxy.builder(), route(ProxyProtocol.V1));
        try (RawTlsClient client = local.http1()) {
            assertThat(get(client, "/last")).isEqualTo("connection 1");
            assertThat(get(client, "/again")).isEqualTo("connection 2");

            assertThat(upstream.headers()).containsExactly(version1(client), version1(client));
        }
    }

    @Test
    void passesOnWhatATrustedProxyHeaderTells() throws Exception {
        run(LocalProxy.builder().proxyProtocol("127.0.0.1"), route(ProxyProtocol.V1));
        try (RawTlsClient ipv4 = behind("PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n");
                RawTlsClient ipv6 = behind("PROXY TCP6 2001:db8::7 2001:db8::1 56325 8443\r\n");
                RawTlsClient unknown = behind("PROXY UNKNOWN\r\n")) {
            get(ipv4, "/");
            get(ipv6, "/");
            get(unknown, "/");

            assertThat(upstream.headers())
                    .containsExactly(
                            "PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n",
                            "PROXY TCP6 2001:db8::7 2001:db8::1 56325 8443\r\n",
                            version1(unknown));
        }
    }

    @Test
    void believesXForwardedForOfTrustedProxiesAndKeepsTheirClientsApart() throws Exception {
        run(
                LocalProxy.builder().forwarded(ForwardedPolicy.defaults().trustProxies("127.0.0.1")),
                route(ProxyProtocol.V1));
        try (RawTlsClient proxy = local.http1()) {
            assertThat(get(proxy, "/", "X-Forwarded-For: 192.0.2.7\r\n")).isEqualTo("connection 1");
            assertThat(get(proxy, "/", "X-Forwarded-For: 2001:db8::7\r\n")).isEqualTo("connection 2");
            assertThat(get(proxy, "/", "X-Forwarded-For: 192.0.2.7\r\n")).isEqualTo("connection 1");
            assertThat(get(proxy, "/")).isEqualTo("connection 3");

            assertThat(upstream.headers())
                    .containsExactly(
                            "PROXY TCP4 192.0.2.7 127.0.0.1 0 " + httpsPort() + "\r\n",
                            "PROXY TCP6 2001:db8::7 ::ffff:7f00:1 0 " + httpsPort() + "\r\n",
                            version1(proxy));
        }
    }

    @Test
    void doesNotBelieveXForwardedForOfOthers() throws Exception {
        run(LocalProxy.builder(), route(ProxyProtocol.V1));
        try (RawTlsClient client = local.http1()) {
            get(client, "/", "X-Forwarded-For: 192.0.2.7\r\n");

            assertThat(upstream.headers()).containsExactly(version1(client));
        }
    }

    @Test
    void tunnelBeginsBehindAHeader() throws Exception {
        run(LocalProxy.builder(), route(ProxyProtocol.V1));
        try (RawTlsClient client = local.http1()) {
            client.send(TunnelEnds.upgrade(local.authority()));
            assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
            client.send("ping");
            assertThat(TunnelEnds.read(client.socket(), 4)).isEqualTo("ping");

            assertThat(upstream.headers()).containsExactly(version1(client));
        }
    }

    @Test
    void healthChecksOfVersion2SpeakForTheProxyItself() {
        run(LocalProxy.builder(), checked(ProxyProtocol.V2));

        await().until(() -> upstream.headers().size() >= 3);
        assertThat(upstream.headers())
                .extracting(SentProxyHeaderIT::hex)
                .allSatisfy(header -> assertThat(header).isEqualTo(SIGNATURE + "20000000"));
        assertThat(local.upstreams).isEmpty();
    }

    @Test
    void healthChecksOfVersion1NameTheirOwnConnection() {
        run(LocalProxy.builder(), checked(ProxyProtocol.V1));

        await().until(() -> upstream.headers().size() >= 3);
        assertThat(upstream.headers())
                .doesNotHaveDuplicates()
                .allSatisfy(header -> assertThat(header)
                        .matches("PROXY TCP4 127\\.0\\.0\\.1 127\\.0\\.0\\.1 \\d+ " + upstream.port() + "\r\n"));
        assertThat(local.upstreams).isEmpty();
    }

    private Route checked(ProxyProtocol version) {
        return route(version).healthCheck(HealthCheck.of("/health").interval(Duration.ofMillis(20)));
    }

    @Test
    void updateChangesTheHeaderOfTheNextRequest() throws Exception {
        run(LocalProxy.builder(), Route.of(HOST).to(upstream.uri()));
        try (RawTlsClient client = local.http1()) {
            assertThat(get(client, "/")).isEqualTo("connection 1");
            local.proxy.update(update -> update.route(route(ProxyProtocol.V1)));
            assertThat(get(client, "/")).isEqualTo("connection 2");
            local.proxy.update(update -> update.route(route(ProxyProtocol.V1)));
            assertThat(get(client, "/")).isEqualTo("connection 2");
            local.proxy.update(update -> update.route(route(ProxyProtocol.V2)));
            assertThat(get(client, "/")).isEqualTo("connection 3");
            local.proxy.update(update -> update.route(HOST, upstream.uri()));
            assertThat(get(client, "/")).isEqualTo("connection 4");

            assertThat(upstream.headers())
                    .extracting(header -> header.isEmpty() ? "none" : header.startsWith("PROXY ") ? "V1" : "V2")
                    .containsExactly("none", "V1", "V2", "none");
            await().until(() -> upstream.openConnections() == 1);
        }
    }

    private static SSLContext serverContext(CertifiedKey key) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("up", key.privateKey(), new char[0], key.chain().toArray(X509Certificate[]::new));
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, new char[0]);
        SSLContext context = SSLContext.getInstance("TLS", "SunJSSE");
        context.init(keys.getKeyManagers(), null, null);
        return context;
    }
}
