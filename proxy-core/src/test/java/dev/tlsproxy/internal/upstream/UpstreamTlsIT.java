package dev.tlsproxy.internal.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class UpstreamTlsIT {

    private static final UpstreamPoolConfig DEFAULTS = UpstreamPoolConfig.defaults();
    private static final UpstreamResolver LOCAL = host -> List.of(InetAddress.getByName("127.0.0.1"));

    private static SSLContext server;
    private static SSLContext trusting;

    @BeforeAll
    static void makeCertificate() throws Exception {
        KeyPair pair = KeyPairGenerator.getInstance("EC").generateKeyPair();
        X500Name name = new X500Name("CN=up.example");
        Instant now = Instant.now();
        JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                name,
                BigInteger.ONE,
                Date.from(now.minus(Duration.ofHours(1))),
                Date.from(now.plus(Duration.ofHours(1))),
                name,
                pair.getPublic());
        builder.addExtension(
                Extension.subjectAlternativeName,
                false,
                new GeneralNames(new GeneralName(GeneralName.dNSName, "up.example")));
        X509Certificate certificate = new JcaX509CertificateConverter()
                .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate())));
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("up", pair.getPrivate(), new char[0], new X509Certificate[] {certificate});
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, new char[0]);
        server = SSLContext.getInstance("TLS");
        server.init(keys.getKeyManagers(), null, null);
        KeyStore anchors = KeyStore.getInstance("PKCS12");
        anchors.load(null, null);
        anchors.setCertificateEntry("up", certificate);
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(anchors);
        trusting = SSLContext.getInstance("TLS");
        trusting.init(null, trust.getTrustManagers(), null);
    }

    @Test
    void verifiesTheNameSendsItAsSniAndReusesTheConnection() throws Exception {
        AtomicReference<Object> sni = new AtomicReference<>();
        ScriptedUpstream.Script script = connection -> {
            SSLSocket socket = (SSLSocket) connection.socket;
            socket.startHandshake();
            sni.set(((ExtendedSSLSession) socket.getSession())
                    .getRequestedServerNames()
                    .toString());
            ScriptedUpstream.answering("secure").run(connection);
        };
        try (ScriptedUpstream up = new ScriptedUpstream(server.getServerSocketFactory(), script);
                PoolUnderTest proxy = proxy("up.example", up, trusting)) {
            for (int i = 0; i < 3; i++) {
                assertThat(proxy.get("/").body()).isEqualTo("secure");
            }
            assertThat(proxy.post("/", "x".repeat(10)).statusCode()).isEqualTo(200);
            assertThat(sni.get()).isEqualTo("[type=host_name (0), value=up.example]");
        }
    }

    @Test
    void answers502WhenTheCertificateIsForAnotherName() throws Exception {
        assertRefused("other.example", trusting);
    }

    @Test
    void answers502WhenTheCertificateIsNotTrusted() throws Exception {
        assertRefused("up.example", SSLContext.getDefault());
    }

    @Test
    void answers502WhenTheUpstreamSpeaksNoTls() throws Exception {
        ScriptedUpstream.Script plain = connection -> connection.send("HTTP/1.1 400 Bad Request\r\n\r\n");
        try (ScriptedUpstream up = new ScriptedUpstream(plain);
                PoolUnderTest proxy = proxy("up.example", up, trusting)) {
            assertThat(proxy.get("/").statusCode()).isEqualTo(502);
            assertThat(proxy.failures).containsExactly(UpstreamFailure.TLS);
        }
    }

    @Test
    void answers504WhenTheHandshakeTakesTooLong() throws Exception {
        UpstreamPoolConfig config =
                new UpstreamPoolConfig(Duration.ofMillis(300), Duration.ofSeconds(3), 10, 10, Duration.ofSeconds(5));
        try (ScriptedUpstream up = new ScriptedUpstream(ScriptedUpstream.Connection::awaitEnd);
                PoolUnderTest proxy =
                        new PoolUnderTest(config, LOCAL, 1, trusting, URI.create("https://up.example:" + up.port()))) {
            assertThat(proxy.get("/").statusCode()).isEqualTo(504);
            assertThat(proxy.failures).containsExactly(UpstreamFailure.CONNECT_TIMEOUT);
        }
    }

    @Test
    void takesTheEndOfTheConnectionForTheEndOfTheResponseOnlyAfterCloseNotify() throws Exception {
        ScriptedUpstream.Script script = connection -> {
            SSLSocket tls = (SSLSocket)
                    server.getSocketFactory().createSocket(connection.socket, null, connection.number, false);
            tls.setUseClientMode(false);
            byte[] request = new byte[1024];
            int length = tls.getInputStream().read(request);
            boolean cut = new String(request, 0, length, StandardCharsets.ISO_8859_1).startsWith("GET /cut ");
            tls.getOutputStream().write("HTTP/1.1 200 OK\r\n\r\nall there is".getBytes(StandardCharsets.ISO_8859_1));
            if (!cut) {
                tls.close();
            }
            connection.socket.close();
        };
        try (ScriptedUpstream up = new ScriptedUpstream(script);
                PoolUnderTest proxy = proxy("up.example", up, trusting)) {
            assertThat(proxy.get("/whole").body()).isEqualTo("all there is");
            try {
                assertThat(proxy.get("/cut").statusCode()).isEqualTo(502); // told before the response began
            } catch (IOException e) {
                assertThat(proxy.failures).isEmpty();
            }
            assertThat(proxy.get("/whole").body()).isEqualTo("all there is");
        }
    }

    private static void assertRefused(String host, SSLContext client) throws Exception {
        try (ScriptedUpstream up =
                        new ScriptedUpstream(server.getServerSocketFactory(), ScriptedUpstream.answering("secret"));
                PoolUnderTest proxy = proxy(host, up, client)) {
            assertThat(proxy.get("/").statusCode()).isEqualTo(502);
            assertThat(proxy.failures).containsExactly(UpstreamFailure.TLS);
            assertThat(up.heads).isEmpty();
        }
    }

    private static PoolUnderTest proxy(String host, ScriptedUpstream up, SSLContext tls) throws Exception {
        return new PoolUnderTest(DEFAULTS, LOCAL, 1, tls, URI.create("https://" + host + ":" + up.port()));
    }
}
