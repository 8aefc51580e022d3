package dev.tlsproxy.internal.listen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tlsproxy.internal.tls.CertificateDemand;
import dev.tlsproxy.internal.tls.ClientTls;
import dev.tlsproxy.internal.tls.TlsConfig;
import dev.tlsproxy.spi.NegotiatedTls;
import dev.tlsproxy.testing.TestCa;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpsListenerIT {

    private static final Duration LIMIT = Duration.ofSeconds(8);

    private ListenerFixture server;

    @BeforeEach
    void start() throws Exception {
        server = new ListenerFixture();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void servesHttp2WithHybridGroupToTheLibrarysOwnClient() throws Exception {
        HttpResponse<String> response = get(ClientTls.trusting(List.of(server.ca.root())), HttpClient.Version.HTTP_2);

        assertThat(response.body()).isEqualTo("HTTP/2.0 0");
        assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_2);
        NegotiatedTls expected = new NegotiatedTls(
                "TLSv1.3",
                Optional.of("X25519MLKEM768"),
                "TLS_AES_128_GCM_SHA256",
                Optional.of("h2"),
                Optional.of("localhost"));
        assertThat(server.completed).containsExactly(expected);
        assertThat(server.seenByPipeline).containsExactly(expected);
        assertThat(server.failed).isEmpty();
    }

    @Test
    void givesHttp11PipelineTheNegotiatedParameters() throws Exception {
        HttpResponse<String> response = get(ClientTls.trusting(List.of(server.ca.root())), HttpClient.Version.HTTP_1_1);

        assertThat(response.body()).isEqualTo("HTTP/1.1 0");
        assertThat(server.seenByPipeline).singleElement().satisfies(tls -> {
            assertThat(tls.group()).contains("X25519MLKEM768");
            assertThat(tls.applicationProtocol()).isEmpty();
        });
    }

    /** Undertow's parser logs those as errors, with a stack trace and the client's bytes. */
    @Test
    void clientCannotWriteIntoTheLogWithAMalformedHttp2Field() throws Exception {
        PrintStream console = System.err;
        ByteArrayOutputStream logged = new ByteArrayOutputStream();
        System.setErr(new PrintStream(logged, true, StandardCharsets.UTF_8));
        try (SSLSocket client =
                RawTls.jdk(ClientTls.trusting(List.of(server.ca.root())), server.address, "localhost", "h2")) {
            client.getOutputStream().write(http2Get("content-length", "3, 3"));
            client.getInputStream().readAllBytes();
        } finally {
            System.setErr(console);
        }

        assertThat(logged.toString(StandardCharsets.UTF_8)).isEmpty();
    }

    /** Its socket closes in stages, of which the last is the client's end and not the two seconds that are the most. */
    @Test
    void connectionThatWasToldItsEndIsGoneWhenTheClientHasEndedToo() throws Exception {
        try (SSLSocket client =
                RawTls.jdk(ClientTls.trusting(List.of(server.ca.root())), server.address, "localhost", "h2")) {
            client.getOutputStream().write(http2Get("content-length", "3, 3"));
            client.getInputStream().readAllBytes();
        }

        await().atMost(Duration.ofSeconds(1)).until(() -> server.listener.openConnections() == 0);
    }

    /** Undertow's own timer starts with the end of the first request. */
    @ParameterizedTest
    @ValueSource(ints = {0, 10, 50})
    void endsAnHttp2ConnectionWithoutAFirstRequest(int sent) throws Exception {
        Duration keepAlive = Duration.ofMillis(300);
        ListenConfig config = ListenConfig.of(Duration.ofSeconds(10), Duration.ofSeconds(30), keepAlive);
        try (ListenerFixture impatient = new ListenerFixture(
                        new TlsConfig(true, false, false, Optional.empty()), config, CertificateDemand.NONE);
                SSLSocket client = RawTls.jdk(
                        ClientTls.trusting(List.of(impatient.ca.root())), impatient.address, "localhost", "h2")) {
            client.startHandshake(); // nothing written is no reason for one
            client.getOutputStream().write(http2Get("x", "y"), 0, sent);
            client.getOutputStream().flush();

            await().until(() -> impatient.completed.size() == 1);
            await().until(() -> impatient.listener.openConnections() == 0);
        }
    }

    private static byte[] http2Get(String... field) throws IOException {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        List<String> fields =
                new ArrayList<>(List.of(":method", "GET", ":scheme", "https", ":path", "/", ":authority", "localhost"));
        fields.addAll(List.of(field));
        for (int i = 0; i < fields.size(); i++) {
            if (i % 2 == 0) {
                block.write(0);
            }
            block.write(fields.get(i).length());
            block.writeBytes(fields.get(i).getBytes(StandardCharsets.ISO_8859_1));
        }
        ByteArrayOutputStream frames = new ByteArrayOutputStream();
        frames.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        frames.writeBytes(new byte[] {0, 0, 0, 4, 0, 0, 0, 0, 0});
        frames.writeBytes(new byte[] {0, 0, (byte) block.size(), 1, 5, 0, 0, 0, 1});
        frames.writeBytes(block.toByteArray());
        return frames.toByteArray();
    }

    @Test
    void takesALargeUploadOverHttp2() throws Exception {
        byte[] body = new byte[5_000_000];
        HttpResponse<String> response = client(ClientTls.trusting(List.of(server.ca.root())), HttpClient.Version.HTTP_2)
                .send(
                        HttpRequest.newBuilder(uri("localhost"))
                                .timeout(LIMIT)
                                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());

        assertThat(response.body()).isEqualTo("HTTP/2.0 5000000");
    }

    @Test
    void clientRefusesUntrustedIssuer() {
        SSLContext stranger = ClientTls.trusting(List.of(TestCa.create().root()));

        assertThatThrownBy(() -> get(stranger, HttpClient.Version.HTTP_2)).isInstanceOf(IOException.class);
    }

    @Test
    void clientRefusesWrongName() {
        server.certificates.deploy("localhost", server.ca.issue("other.example"));

        assertThatThrownBy(() -> get(ClientTls.trusting(List.of(server.ca.root())), HttpClient.Version.HTTP_2))
                .isInstanceOf(IOException.class);
    }

    @Test
    void servesJdkClientWithItsOwnGroups() throws Exception {
        HttpResponse<String> response = get(ClientTls.upstream(List.of(server.ca.root())), HttpClient.Version.HTTP_2);

        assertThat(response.body()).isEqualTo("HTTP/2.0 0");
        assertThat(server.completed)
                .singleElement()
                .satisfies(tls -> assertThat(tls.group().orElseThrow()).isIn("x25519", "X25519MLKEM768"));
    }

    @ParameterizedTest
    @CsvSource({
        "secp256r1,TLSv1.3",
        "secp256r1,TLSv1.2",
        "secp384r1,TLSv1.3",
        "secp384r1,TLSv1.2",
        "RSA,TLSv1.3",
        "RSA,TLSv1.2"
    })
    void showsEachKindOfKeyInEachVersion(String kind, String protocol) throws Exception {
        TestCa.Request request = server.ca.request("localhost");
        server.certificates.deploy("localhost", (kind.equals("RSA") ? request.rsa(2048) : request.ec(kind)).issue());

        HttpResponse<String> response =
                get(ClientTls.upstream(List.of(server.ca.root())), HttpClient.Version.HTTP_2, protocol);

        assertThat(response.body()).isEqualTo("HTTP/2.0 0");
        assertThat(server.completed).singleElement().satisfies(tls -> {
            assertThat(tls.protocol()).isEqualTo(protocol);
            assertThat(tls.group()).isPresent();
        });
    }

    @Test
    void servesCertificateOfTheLocalAddressToClientThatNamesNoHost() throws Exception {
        server.certificates.deploy("127.0.0.1", server.ca.issue("127.0.0.1"));

        HttpResponse<String> response = client(ClientTls.trusting(List.of(server.ca.root())), HttpClient.Version.HTTP_2)
                .send(
                        HttpRequest.newBuilder(uri("127.0.0.1")).timeout(LIMIT).build(),
                        HttpResponse.BodyHandlers.ofString());

        assertThat(response.body()).isEqualTo("HTTP/2.0 0");
    }

    @Test
    void newConnectionsGetTheCertificateDeployedLast() throws Exception {
        TestCa other = TestCa.create();
        get(ClientTls.upstream(List.of(server.ca.root())), HttpClient.Version.HTTP_2);

        server.certificates.deploy(
                "localhost", other.request("localhost").rsa(2048).issue());

        assertThat(get(ClientTls.upstream(List.of(other.root())), HttpClient.Version.HTTP_2)
                        .body())
                .isEqualTo("HTTP/2.0 0");
        assertThatThrownBy(() -> get(ClientTls.upstream(List.of(server.ca.root())), HttpClient.Version.HTTP_2))
                .isInstanceOf(SSLHandshakeException.class);
    }

    private HttpResponse<String> get(SSLContext context, HttpClient.Version version, String... protocols)
            throws Exception {
        return client(context, version, protocols)
                .send(
                        HttpRequest.newBuilder(uri("localhost")).timeout(LIMIT).build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    private static HttpClient client(SSLContext context, HttpClient.Version version, String... protocols) {
        HttpClient.Builder builder = HttpClient.newBuilder().sslContext(context).version(version);
        if (protocols.length > 0) {
            var parameters = context.getDefaultSSLParameters();
            parameters.setProtocols(protocols);
            builder.sslParameters(parameters);
        }
        return builder.build();
    }

    private URI uri(String host) {
        return URI.create("https://" + host + ":" + server.port() + "/");
    }
}
