package dev.tlsproxy;

import static dev.tlsproxy.testing.TunnelEnds.SWITCHING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.testing.StreamingUpstream;
import dev.tlsproxy.testing.TestCa;
import dev.tlsproxy.testing.TestPem;
import dev.tlsproxy.testing.TunnelEnds;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A tunnel to an https upstream. */
@Timeout(60)
class TunnelToTlsIT {

    @TempDir
    Path directory;

    private ServerSocket server;
    private SSLContext serverContext;
    private LocalProxy local;

    @BeforeEach
    void start() throws Exception {
        TestCa ca = TestCa.create();
        CertifiedKey key = ca.issue("localhost");
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("up", key.privateKey(), new char[0], key.chain().toArray(X509Certificate[]::new));
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, new char[0]);
        serverContext = SSLContext.getInstance("TLS", "SunJSSE");
        serverContext.init(keys.getKeyManagers(), null, null);
        Path trusted = TestPem.file(directory.resolve("ca.pem"), TestPem.of(List.of(ca.root())));
        server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        server.setSoTimeout(10_000);
        local = LocalProxy.started(LocalProxy.builder()
                .route(Route.of(LocalProxy.HOST)
                        .to(Upstream.of("https://localhost:" + server.getLocalPort())
                                .trust(trusted))));
    }

    @AfterEach
    void stop() throws Exception {
        local.close();
        server.close();
    }

    @Test
    void closeNotifyOfTheUpstreamIsCloseNotifyToTheClient() throws Exception {
        try (RawTlsClient client = local.http1();
                Socket tcp = accepted(client);
                SSLSocket upstream = open(client, tcp)) {
            TunnelEnds.write(upstream, "last");
            upstream.shutdownOutput();

            assertThat(client.readToEnd()).isEqualTo("last");
        }
    }

    @Test
    void upstreamConnectionCutWithoutCloseNotifyIsNoOrderlyEndToTheClient() throws Exception {
        try (RawTlsClient client = local.http1();
                Socket tcp = accepted(client);
                SSLSocket upstream = open(client, tcp)) {
            TunnelEnds.write(upstream, "last");
            assertThat(TunnelEnds.read(client.socket(), 4)).isEqualTo("last");
            tcp.shutdownOutput();

            assertThatThrownBy(() -> client.socket().getInputStream().read())
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(SocketTimeoutException.class);
            assertThat(upstream.getSession().isValid()).isTrue();
        }
    }

    private Socket accepted(RawTlsClient client) throws IOException {
        client.send(TunnelEnds.upgrade(local.authority()));
        return server.accept();
    }

    private SSLSocket open(RawTlsClient client, Socket tcp) throws IOException {
        SSLSocket upstream = (SSLSocket) serverContext.getSocketFactory().createSocket(tcp, null, true);
        upstream.setSoTimeout(10_000);
        StreamingUpstream.readHead(upstream.getInputStream());
        TunnelEnds.write(upstream, SWITCHING);
        assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
        return upstream;
    }
}
