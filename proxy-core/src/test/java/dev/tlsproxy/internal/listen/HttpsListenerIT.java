package dev.tlsproxy.internal.listen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.internal.tls.ClientTls;
import dev.tlsproxy.spi.NegotiatedTls;
import dev.tlsproxy.testing.TestCa;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
