package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tlsproxy.internal.http.H2Client;
import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.NegotiatedTls;
import dev.tlsproxy.spi.ProxyEvents;
import dev.tlsproxy.testing.RawUpstream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** PROXY headers in front of TLS and of plain HTTP, and the limits of connections that count by them. */
@Timeout(30)
class ProxyProtocolIT {

    private static final String HOST = LocalProxy.HOST;

    private final List<String> refused = new CopyOnWriteArrayList<>();
    private final List<String> failed = new CopyOnWriteArrayList<>();
    private final List<String> shaken = new CopyOnWriteArrayList<>();
    private final List<Socket> open = new ArrayList<>();
    private RawUpstream upstream;
    private TlsProxy proxy;

    @BeforeEach
    void start() throws IOException {
        upstream = RawUpstream.saying("ok");
    }

    @AfterEach
    void stop() throws IOException {
        for (Socket socket : open) {
            socket.close();
        }
        proxy.close();
        upstream.close();
    }

    private void run(Limits limits, String... networks) {
        run(limits, Duration.ofSeconds(1), networks);
    }

    private void run(Limits limits, Duration handshake, String... networks) {
        TlsProxyBuilder builder = TlsProxy.builder()
                .https(LocalProxy.ANY_PORT)
                .http(LocalProxy.ANY_PORT)
                .store(CertificateStore.inMemory())
                .route(HOST, upstream.uri())
                .limits(limits)
                .timeouts(Timeouts.defaults().handshake(handshake))
                .events(new Recorder());
        if (networks.length > 0) {
            builder.proxyProtocol(networks);
        }
        proxy = builder.build();
        proxy.start();
    }

    private final class Recorder implements ProxyEvents {
        @Override
        public void connectionRefused(InetSocketAddress client, String reason) {
            refused.add(client.getAddress().getHostAddress() + ": " + reason);
        }

        @Override
        public void handshakeFailed(InetSocketAddress client, Optional<String> serverName, String reason) {
            failed.add(client.getAddress().getHostAddress() + ": " + reason);
        }

        @Override
        public void handshakeCompleted(InetSocketAddress client, NegotiatedTls tls) {
            shaken.add(client.getAddress().getHostAddress() + ":" + client.getPort());
        }
    }

    private Socket socket(InetSocketAddress address) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), address.getPort());
        socket.setSoTimeout(10_000);
        open.add(socket);
        return socket;
    }

    private Socket sent(String header) throws IOException {
        Socket socket = socket(proxy.addresses().https());
        socket.getOutputStream().write(header.getBytes(StandardCharsets.ISO_8859_1));
        return socket;
    }

    private SSLSocket tls(String header, String protocol) throws IOException {
        Socket plain = sent(header);
        SSLSocket socket = (SSLSocket)
                proxy.trustedSslContext().getSocketFactory().createSocket(plain, HOST, plain.getPort(), true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {protocol});
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }

    private static String v1(String client) {
        return "PROXY TCP4 " + client + " 198.51.100.1 56324 443\r\n";
    }

    /** The event comes behind the end that the client sees. */
    private void assertRefused(String... reasons) {
        await().untilAsserted(() -> assertThat(refused).containsExactly(reasons));
    }

    private void assertFirstRefused(String reason) {
        await().untilAsserted(() -> assertThat(refused).first().isEqualTo(reason));
    }

    private static void assertEnds(Socket socket) throws IOException {
        try {
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        } catch (SocketException e) {
            assertThat(e).hasMessageContaining("reset");
        }
    }

    private String http1(SSLSocket socket) throws IOException {
        socket.getOutputStream()
                .write(("GET /x HTTP/1.1\r\nHost: " + HOST + ":" + socket.getPort() + "\r\nConnection: close\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    @Test
    void clientOfTheHeaderIsThePeerOverHttp1AndHttp2() throws Exception {
        run(Limits.defaults(), "127.0.0.0/8");

        assertThat(http1(tls(v1("192.0.2.7"), "http/1.1"))).startsWith("HTTP/1.1 200 ");
        try (H2Client client = new H2Client(tls(v1("192.0.2.8"), "h2"))) {
            client.headers(
                    1,
                    H2Client.END_STREAM,
                    ":method",
                    "GET",
                    ":scheme",
                    "https",
                    ":path",
                    "/",
                    ":authority",
                    HOST + ":" + proxy.addresses().https().getPort());
            assertThat(client.response(1)).containsEntry(":status", "200");
        }

        assertThat(upstream.requests())
                .extracting(request -> request.header("X-Forwarded-For").orElse("none"))
                .containsExactly("192.0.2.7", "192.0.2.8");
        assertThat(shaken).containsExactly("192.0.2.7:56324", "192.0.2.8:56324");
    }

    /** Without a server name: RFC 6066 section 3 has none for addresses. */
    @Test
    void clientIsShownTheCertificateOfTheAddressThatTheHeaderSaysItConnectedTo() throws Exception {
        run(Limits.defaults(), "127.0.0.1");
        proxy.update(update -> update.route("198.51.100.1", upstream.uri()));
        Socket plain = sent(v1("192.0.2.7"));

        try (SSLSocket socket = (SSLSocket) proxy.trustedSslContext()
                .getSocketFactory()
                .createSocket(plain, "198.51.100.1", plain.getPort(), true)) {
            socket.startHandshake();
            X509Certificate shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];

            assertThat(shown.getSubjectAlternativeNames())
                    .extracting(name -> String.valueOf(name.get(1)))
                    .containsExactly("198.51.100.1");
        }
    }

    @Test
    void readsVersion2() throws Exception {
        run(Limits.defaults(), "127.0.0.1");
        String header = "\r\n\r\n\0\r\nQUIT\n" + "\u0021\u0011\0\u000f" + "\u00c0\0\u0002\u0009" + "\t\t\t\t"
                + "\u0001\u0002\u0003\u0004" + "\u0004\0\0";

        assertThat(http1(tls(header, "http/1.1"))).startsWith("HTTP/1.1 200 ");

        assertThat(upstream.onlyRequest().header("X-Forwarded-For")).contains("192.0.2.9");
    }

    @Test
    void headerWithoutAddressLeavesThePeer() throws Exception {
        run(Limits.defaults(), "127.0.0.1");

        assertThat(http1(tls("PROXY UNKNOWN\r\n", "http/1.1"))).startsWith("HTTP/1.1 200 ");

        assertThat(upstream.onlyRequest().header("X-Forwarded-For")).contains("127.0.0.1");
    }

    @Test
    void headerAlsoStandsBeforePlainHttp() throws Exception {
        run(Limits.defaults(), "127.0.0.1");
        Socket socket = socket(proxy.addresses().http().orElseThrow());
        socket.getOutputStream()
                .write((v1("192.0.2.7") + "GET / HTTP/1.1\r\nHost: " + HOST + "\r\nConnection: close\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));

        assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1))
                .startsWith("HTTP/1.1 308 ");
    }

    @Test
    void refusesAPeerThatIsNoProxy() throws Exception {
        run(Limits.defaults(), "192.0.2.0/24");

        assertEnds(sent(v1("192.0.2.7")));

        assertRefused("127.0.0.1: the peer is in no network of proxyProtocol: [192.0.2.0/24]");
    }

    @Test
    void refusesAProxyWithoutHeaderOrWithHalfOfIt() throws Exception {
        run(Limits.defaults(), "127.0.0.1");

        assertEnds(sent("\u0016\u0003\u0001"));
        assertEnds(sent("PROXY TCP4 192.0.2.7"));

        assertRefused(
                "127.0.0.1: the connection does not begin with a PROXY header",
                "127.0.0.1: the PROXY header was not complete after 1000 ms");
    }

    @Test
    void aHeaderIsNotBelievedWhereNoneIsExpected() {
        run(Limits.defaults());

        assertThatThrownBy(() -> tls(v1("192.0.2.7"), "http/1.1")).isInstanceOf(IOException.class);
    }

    @Test
    void limitsTheConnectionsOfOneClient() throws Exception {
        run(Limits.defaults().connectionsPerClient(2), "127.0.0.1");
        SSLSocket first = tls(v1("192.0.2.7"), "http/1.1");
        tls(v1("192.0.2.7"), "http/1.1");

        assertEnds(sent(v1("192.0.2.7")));
        assertThat(http1(tls(v1("192.0.2.8"), "http/1.1"))).startsWith("HTTP/1.1 200 ");
        assertThat(http1(first)).startsWith("HTTP/1.1 200 ");
        await().ignoreExceptions().untilAsserted(() -> http1(tls(v1("192.0.2.7"), "http/1.1")));

        assertFirstRefused("192.0.2.7: 2 connections of 192.0.2.7 are open already"
                + " (the limit of Limits.connectionsPerClient)");
    }

    @Test
    void countsIpv6ClientsByTheirNetwork() throws Exception {
        run(Limits.defaults().connectionsPerClient(1), "127.0.0.1");
        tls("PROXY TCP6 2001:db8:0:1::1 ::1 5 443\r\n", "http/1.1");

        assertEnds(sent("PROXY TCP6 2001:db8:0:1:ffff::2 ::1 5 443\r\n"));
        tls("PROXY TCP6 2001:db8:0:2::1 ::1 5 443\r\n", "http/1.1");

        assertRefused("2001:db8:0:1:ffff:0:0:2: 1 connections of 2001:db8:0:1:0:0:0:0/64 are open already"
                + " (the limit of Limits.connectionsPerClient)");
    }

    @Test
    void loopbackIsNoOneClient() throws Exception {
        run(Limits.defaults().connectionsPerClient(1));
        tls("", "http/1.1");

        assertThat(http1(tls("", "http/1.1"))).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void limitsAllConnectionsAndGivesPlacesBack() throws Exception {
        run(Limits.defaults().connections(2));
        SSLSocket first = tls("", "http/1.1");
        SSLSocket second = tls("", "http/1.1");

        assertEnds(sent(""));
        assertEnds(socket(proxy.addresses().http().orElseThrow()));
        assertThat(http1(first)).startsWith("HTTP/1.1 200 ");
        first.close();
        await().ignoreExceptions().untilAsserted(() -> http1(tls("", "http/1.1")));
        assertThat(http1(second)).startsWith("HTTP/1.1 200 ");

        assertFirstRefused("127.0.0.1: 2 connections are open already (the limit of Limits.connections)");
    }

    @Test
    void limitsHandshakesUnderWayOnly() throws Exception {
        run(Limits.defaults().handshakes(1));
        SSLSocket done = tls("", "http/1.1");
        await().until(() -> shaken.size() == 1);
        sent("\u0016");
        sent("\u0016");

        assertRefused("127.0.0.1: 1 handshakes are under way already (the limit of Limits.handshakes)");
        assertThat(http1(done)).startsWith("HTTP/1.1 200 ");
        await().ignoreExceptions().untilAsserted(() -> http1(tls("", "http/1.1")));
    }

    /** Without this, one client's half handshakes would keep all others out for the time a handshake may take. */
    @Test
    void theClientWithMostHandshakesGivesWayToOthers() throws Exception {
        run(Limits.defaults().handshakes(3), Duration.ofMinutes(1), "127.0.0.1");
        for (int i = 0; i < 4; i++) {
            sent(v1("192.0.2.7") + "\u0016");
        }
        assertFirstRefused("192.0.2.7: 3 handshakes are under way already (the limit of Limits.handshakes)");
        assertThat(http1(tls(v1("192.0.2.8"), "http/1.1"))).startsWith("HTTP/1.1 200 ");

        await().until(() -> failed.size() == 1);
        assertThat(failed)
                .containsExactly("192.0.2.7: gave way to a client with fewer:"
                        + " 3 handshakes are under way already (the limit of Limits.handshakes)");
    }

    @Test
    void refusesWrongValues() {
        run(Limits.defaults());

        assertThatThrownBy(() -> Limits.defaults().connections(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("connections: 0 (expected: 1..1000000)");
        assertThatThrownBy(() -> TlsProxy.builder().proxyProtocol())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("proxyProtocol: no network (expected: where PROXY headers come from)");
        assertThatThrownBy(() -> TlsProxy.builder().proxyProtocol("10.0.0.1/8"))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
