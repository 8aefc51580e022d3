package dev.tlsproxy.internal.listen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tlsproxy.internal.tls.ClientTls;
import dev.tlsproxy.internal.tls.TlsConfig;
import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.spi.ChallengePort;
import dev.tlsproxy.spi.NegotiatedTls;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HandshakeIT {

    private ListenerFixture server;

    @BeforeEach
    void start() throws Exception {
        server = new ListenerFixture();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private void restart(TlsConfig config, Duration handshake) throws IOException {
        server.close();
        server = new ListenerFixture(config, handshake);
    }

    private SSLContext jdk() {
        return ClientTls.upstream(List.of(server.ca.root()));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 100, 1000})
    void understandsClientHelloInSmallRecords(int size) throws Exception {
        byte[] hello = RawTls.inRecordsOf(RawTls.clientHello(server.ca.root(), "localhost"), size);

        try (Socket socket = RawTls.connect(server.address)) {
            socket.getOutputStream().write(hello);
            assertServerHello(socket.getInputStream());
        }
    }

    @Test
    void understandsClientHelloInOneByteSegments() throws Exception {
        byte[] hello = RawTls.clientHello(server.ca.root(), "localhost");

        try (Socket socket = RawTls.connect(server.address)) {
            OutputStream out = socket.getOutputStream();
            for (byte b : hello) {
                out.write(b);
                out.flush();
            }
            assertServerHello(socket.getInputStream());
        }
    }

    private static void assertServerHello(InputStream in) throws IOException {
        byte[] header = in.readNBytes(6);
        assertThat(header[0]).as("handshake record").isEqualTo((byte) 22);
        assertThat(header[5]).as("ServerHello").isEqualTo((byte) 2);
    }

    @Test
    void givesHttp2ToClientWithOnlyTls13() throws Exception {
        try (SSLSocket socket = RawTls.jdk(jdk(), server.address, "localhost", "h2")) {
            socket.setEnabledProtocols(new String[] {"TLSv1.3"});
            socket.setEnabledCipherSuites(new String[] {"TLS_AES_256_GCM_SHA384"});
            socket.startHandshake();

            assertThat(socket.getApplicationProtocol()).isEqualTo("h2");
        }
    }

    @ParameterizedTest
    @CsvSource({"LOCALHOST", "localhost"})
    void findsCertificateByNormalForm(String sni) throws Exception {
        try (SSLSocket socket = RawTls.jdk(jdk(), server.address, sni)) {
            socket.startHandshake();
            assertThat(socket.getSession().isValid()).isTrue();
        }
        await().until(() -> server.completed.size() == 1);
        assertThat(server.completed.get(0).serverName()).contains("localhost");
    }

    @ParameterizedTest
    @CsvSource({"a.example.test,true", "b.a.example.test,false", "example.test,false"})
    void wildcardCoversOneLabel(String sni, boolean served) throws Exception {
        server.certificates.deploy("*.example.test", server.ca.issue("*.example.test"));

        try (SSLSocket socket = RawTls.jdk(jdk(), server.address, sni)) {
            if (served) {
                socket.startHandshake();
            } else {
                assertThatThrownBy(socket::startHandshake).hasMessageContaining("unrecognized_name");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"localhost.", "under_score.test", "LocalHost.", "xn--bcher-kva.test", "XN--Bcher-KVA.test."})
    void servesNamesThatBouncyCastleCantRepresent(String sni) throws Exception {
        server.certificates.deploy("under_score.test", server.ca.issue("under_score.test"));
        server.certificates.deploy("xn--bcher-kva.test", server.ca.issue("xn--bcher-kva.test"));
        byte[] hello = RawTls.clientHello(server.ca.root(), "x".repeat(sni.length()) + ".test");
        byte[] changed = replace(hello, "x".repeat(sni.length()) + ".test", sni);

        try (Socket socket = RawTls.connect(server.address)) {
            socket.getOutputStream().write(changed);
            assertServerHello(socket.getInputStream());
        }
    }

    /** Replaces the name by a shorter one in the same room, with the lengths around it set right. */
    private static byte[] replace(byte[] hello, String from, String to) {
        String text = new String(hello, StandardCharsets.ISO_8859_1);
        int at = text.indexOf(from);
        int less = from.length() - to.length();
        byte[] out =
                (text.substring(0, at) + to + text.substring(at + from.length())).getBytes(StandardCharsets.ISO_8859_1);
        for (int position : new int[] {3, 7, extensions(out), at - 2, at - 5, at - 7}) {
            int value = ((out[position] & 0xFF) << 8 | out[position + 1] & 0xFF) - less;
            out[position] = (byte) (value >> 8);
            out[position + 1] = (byte) value;
        }
        return out;
    }

    /** Where the length of a ClientHello's extensions stands. */
    private static int extensions(byte[] hello) {
        int session = hello[43] & 0xFF;
        int suites = 44 + session;
        int compression = suites + 2 + ((hello[suites] & 0xFF) << 8 | hello[suites + 1] & 0xFF);
        return compression + 1 + hello[compression];
    }

    /**
     * illegal_parameter (draft-ietf-tls-ecdhe-mlkem section 4.2); bctls says internal_error, 80, where not even the first part
     * is whole.
     */
    @ParameterizedTest
    @CsvSource({"1215, 47", "1217, 47", "1184, 47", "32, 80"})
    void refusesHybridShareOfAnotherLength(int length, int alert) throws Exception {
        byte[] hello = RawTls.clientHello(server.ca.root(), "localhost");

        assertThat(RawTls.exchange(server.address, withHybridShare(hello, length)))
                .isEqualTo(RawTls.alert(alert));
    }

    /** Gives the share for X25519MLKEM768 another length, and those around it theirs. */
    private static byte[] withHybridShare(byte[] hello, int length) {
        String text = new String(hello, StandardCharsets.ISO_8859_1);
        int at = text.indexOf("\u0011\u00ec\u0004\u00c0"); // the group, and 1216
        String share = text.substring(at + 4, at + 4 + 1216) + "x";
        String changed = text.substring(0, at + 2)
                + (char) (length >> 8)
                + (char) (length & 0xFF)
                + share.substring(0, length)
                + text.substring(at + 4 + 1216);
        byte[] out = changed.getBytes(StandardCharsets.ISO_8859_1);
        int extension = text.lastIndexOf("\u0000\u0033", at); // key_share: its length and that of its list
        for (int position : new int[] {3, 7, extensions(out), extension + 2, extension + 4}) {
            int value = ((out[position] & 0xFF) << 8 | out[position + 1] & 0xFF) + length - 1216;
            out[position] = (byte) (value >> 8);
            out[position + 1] = (byte) value;
        }
        return out;
    }

    @Test
    void refusesUnknownNameByAlert112() throws Exception {
        byte[] answer = RawTls.exchange(server.address, RawTls.clientHello(server.ca.root(), "unknown.test"));

        assertThat(answer).isEqualTo(RawTls.alert(112));
        assertThat(server.failed).containsExactly("unknown.test: no certificate for the name the client asks for");
    }

    @Test
    void servesLocalhostToLocalClientThatNamesNoHost() throws Exception {
        try (SSLSocket socket = RawTls.jdk(jdk(), server.address, null)) {
            socket.startHandshake();
        }
        await().until(() -> server.completed.size() == 1);
        assertThat(server.completed.get(0).serverName()).isEmpty();
    }

    @Test
    void showsDefaultCertificateToUnknownAndAbsentNames() throws Exception {
        restart(new TlsConfig(true, false, false, Optional.of("localhost")), Duration.ofSeconds(10));

        for (String sni : new String[] {"unknown.test", null}) {
            try (SSLSocket socket = RawTls.jdk(jdk(), server.address, sni)) {
                socket.startHandshake();
                X509Certificate shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
                assertThat(shown.getSubjectAlternativeNames()).containsExactly(List.of(2, "localhost"));
            }
        }
    }

    @Test
    void refusesAlpnWithoutOverlapByAlert120() throws Exception {
        try (SSLSocket socket = RawTls.jdk(jdk(), server.address, "localhost", "spdy/3")) {
            assertThatThrownBy(socket::startHandshake).hasMessageContaining("no_application_protocol");
        }
    }

    @Test
    void requiredPostQuantumRefusesClientWithoutHybrid() throws Exception {
        restart(new TlsConfig(false, true, false, Optional.empty()), Duration.ofSeconds(10));

        try (SSLSocket socket = RawTls.jdk(jdk(), server.address, "localhost")) {
            socket.setEnabledProtocols(new String[] {"TLSv1.2"});
            assertThatThrownBy(socket::startHandshake).hasMessageContaining("handshake_failure");
        }
        try (SSLSocket socket =
                RawTls.jdk(ClientTls.trusting(List.of(server.ca.root())), server.address, "localhost")) {
            socket.startHandshake();
        }
        await().until(() -> server.completed.size() == 1);
        assertThat(server.completed).allMatch(NegotiatedTls::postQuantum);
        assertThat(server.failed)
                .containsExactly("localhost: the client offers no TLS 1.3 with X25519MLKEM768, which is required");
    }

    @Test
    void answersPlainHttpWithAReadableSentence() throws Exception {
        String answer = new String(
                RawTls.exchange(
                        server.address,
                        ("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n" + "x".repeat(100_000))
                                .getBytes(StandardCharsets.US_ASCII)),
                StandardCharsets.US_ASCII);

        assertThat(answer)
                .startsWith("HTTP/1.1 400 Bad Request\r\n")
                .endsWith("\r\n\r\nThis port speaks HTTPS: use https:// instead of http://\n");
        assertThat(server.failed).containsExactly("-: the client speaks HTTP without TLS");
    }

    @Test
    void closesOnGarbage() throws Exception {
        assertThat(RawTls.exchange(server.address, new byte[] {0, 1, 2, 3})).isEmpty();
        assertThat(RawTls.exchange(server.address, new byte[] {22, 3, 1, 0, 4, 9, 0, 0, 0}))
                .isEmpty();
        await().untilAsserted(() -> assertThat(server.failed)
                .containsExactly("-: the client sent no ClientHello", "-: the client sent no ClientHello"));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 300, 100_000})
    void cutsHandshakeThatIsNotCompleteInTime(int bytes) throws Exception {
        restart(new TlsConfig(true, false, false, Optional.empty()), Duration.ofMillis(300));
        byte[] hello = RawTls.clientHello(server.ca.root(), "localhost");

        try (Socket socket = RawTls.connect(server.address)) {
            socket.getOutputStream().write(hello, 0, Math.min(bytes, hello.length));
            InputStream in = socket.getInputStream();
            assertThatThrownBy(() -> {
                        while (in.read() >= 0) {
                            continue;
                        }
                        throw new IOException("end");
                    })
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(SocketTimeoutException.class);
        }
        await().untilAsserted(() -> assertThat(server.failed)
                .singleElement(InstanceOfAssertFactories.STRING)
                .endsWith(": the handshake was not complete after 300 ms"));
        await().until(() -> server.listener.openConnections() == 0);
    }

    @Test
    void leavesConnectionAloneAfterTheHandshake() throws Exception {
        try (SSLSocket first = RawTls.jdk(jdk(), server.address, "localhost")) {
            first.startHandshake(); // the first of a JVM takes long
        }
        restart(new TlsConfig(true, false, false, Optional.empty()), Duration.ofSeconds(1));

        try (SSLSocket socket = RawTls.jdk(jdk(), server.address, "localhost")) {
            socket.startHandshake();
            await().pollDelay(Duration.ofSeconds(2)).until(() -> true);
            socket.getOutputStream()
                    .write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(socket.getInputStream().read()).isEqualTo('H');
        }
        assertThat(server.failed).isEmpty();
    }

    @Test
    @SuppressWarnings("try")
    void showsChallengeCertificateToValidatingCaOnly() throws Exception {
        CertifiedKey challenge = server.ca.issue("pending.test");
        server.certificates.deploy(
                "pending.test",
                server.ca.request("pending.test").ec("secp384r1").issue());
        try (ChallengePort.Presented presented = server.challenges.tlsAlpn01("pending.test", challenge)) {
            assertThat(shownTo("pending.test", "acme-tls/1")).isEqualTo(challenge.leaf());
            assertThat(shownTo("pending.test", "acme-tls/1", "h2")).isNotEqualTo(challenge.leaf());
            assertThat(shownTo("pending.test", "h2")).isNotEqualTo(challenge.leaf());
            for (String other : java.util.Arrays.asList("localhost", "unknown.test", null)) {
                assertThatThrownBy(() -> shownTo(other, "acme-tls/1"))
                        .as("a name that is served, one that is not, none: %s", other)
                        .hasMessageContaining("no_application_protocol");
            }
        }
        assertThatThrownBy(() -> shownTo("pending.test", "acme-tls/1")).hasMessageContaining("no_application_protocol");
        assertThatThrownBy(() -> shownTo(null, "acme-tls/1")).hasMessageContaining("no_application_protocol");
    }

    private X509Certificate shownTo(String sni, String... alpn) throws IOException {
        try (SSLSocket socket = RawTls.jdk(jdk(), server.address, sni, alpn)) {
            socket.startHandshake();
            assertThat(socket.getApplicationProtocol()).isEqualTo(alpn.length == 1 ? alpn[0] : "h2");
            if (alpn[0].equals("acme-tls/1") && alpn.length == 1) {
                assertThat(socket.getInputStream().read()).as("closed at once").isEqualTo(-1);
            }
            return (X509Certificate) socket.getSession().getPeerCertificates()[0];
        }
    }

    @Test
    void tellsOnceThatAClientRefusedTheCertificate() throws Exception {
        SSLContext stranger = ClientTls.upstream(List.of());

        try (SSLSocket socket = RawTls.jdk(stranger, server.address, "localhost")) {
            assertThatThrownBy(socket::startHandshake).isInstanceOf(SSLException.class);
        }
        await().untilAsserted(() -> assertThat(server.failed)
                .singleElement(InstanceOfAssertFactories.STRING)
                .startsWith("localhost: "));
        assertThat(server.completed).isEmpty();
    }

    @Test
    void resumesTls12Session() throws Exception {
        SSLContext context = jdk();
        for (int i = 0; i < 2; i++) {
            try (SSLSocket socket = RawTls.jdk(context, server.address, "localhost")) {
                socket.setEnabledProtocols(new String[] {"TLSv1.2"});
                socket.startHandshake();
            }
        }
        await().until(() -> server.completed.size() == 2);
        assertThat(server.completed).extracting(tls -> tls.group().isPresent()).containsExactly(true, false);
    }

    @ParameterizedTest
    @ValueSource(strings = {"h2", "http/1.1"})
    void closesAllConnectionsAndAcceptsNoMore(String alpn) throws Exception {
        try (SSLSocket socket = RawTls.jdk(jdk(), server.address, "localhost", alpn);
                Socket silent = RawTls.connect(server.address)) {
            socket.startHandshake();
            await().until(() -> server.completed.size() == 1 && server.listener.openConnections() == 2);

            server.listener.close();

            await().until(() -> server.listener.openConnections() == 0);
            assertThat(silent.getInputStream().read()).isEqualTo(-1);
        }
        assertThatThrownBy(() -> RawTls.connect(server.address)).isInstanceOf(ConnectException.class);
        assertThat(server.failed).containsExactly("-: the connection was closed before the handshake");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void leaksNoSocketOverManyConnections() throws Exception {
        SSLContext context = jdk();
        openAndClose(context, 50);
        await().until(() -> server.listener.openConnections() == 0);
        int before = fileHandles();

        openAndClose(context, 2_000);

        await().atMost(Duration.ofSeconds(10)).until(() -> server.listener.openConnections() == 0);
        await().untilAsserted(() -> assertThat(fileHandles()).isLessThanOrEqualTo(before + 10));
    }

    /** Of ten connections: six say nothing, one half a hello, one HTTP, one an unknown name, one a whole handshake. */
    private void openAndClose(SSLContext context, int count) throws IOException {
        byte[] unknown = RawTls.clientHello(server.ca.root(), "unknown.test");
        for (int i = 0; i < count; i++) {
            switch (i % 10) {
                case 0 -> RawTls.exchange(server.address, unknown);
                case 1 -> RawTls.exchange(server.address, "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                case 2 -> {
                    try (SSLSocket socket = RawTls.jdk(context, server.address, "localhost")) {
                        socket.startHandshake();
                    }
                }
                case 3 -> {
                    try (Socket socket = RawTls.connect(server.address)) {
                        socket.getOutputStream().write(unknown, 0, 100);
                    }
                }
                default -> RawTls.connect(server.address).close();
            }
        }
    }

    private static int fileHandles() {
        String[] handles = new File("/proc/self/fd").list();
        return handles == null ? 0 : handles.length;
    }
}
