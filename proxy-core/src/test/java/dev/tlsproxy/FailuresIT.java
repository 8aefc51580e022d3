package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.internal.http.H2Client;
import dev.tlsproxy.testing.RawUpstream;
import dev.tlsproxy.testing.StreamingUpstream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What a client is told when something fails: the right status, one line of text, nothing of the inside. */
@Timeout(30)
class FailuresIT {

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void answers502WhenTheUpstreamRefuses(HttpClient.Version version) throws Exception {
        int free;
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            free = taken.getLocalPort();
        }
        assertAnswer(version, "http://127.0.0.1:" + free, 502, "502 Bad Gateway: upstream refused the connection\n");
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void answers502WhenTheUpstreamClosesBeforeItsHeadIsComplete(HttpClient.Version version) throws Exception {
        for (String part : new String[] {"", "HTTP/1.1 200 OK\r\nContent-Len"}) {
            try (StreamingUpstream upstream =
                    new StreamingUpstream((head, in, out) -> StreamingUpstream.write(out, part))) {
                assertAnswer(version, upstream.uri(), 502, "502 Bad Gateway: upstream closed the connection\n");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void answers502WhenTheUpstreamSpeaksNoHttp(HttpClient.Version version) throws Exception {
        for (String garbage :
                new String[] {"SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 20x OK\r\n\r\n", "\u0000\u0001\u0002\u0003"}) {
            try (StreamingUpstream upstream = new StreamingUpstream((head, in, out) -> {
                StreamingUpstream.write(out, garbage);
                in.readAllBytes();
            })) {
                assertAnswer(version, upstream.uri(), 502, "502 Bad Gateway: upstream sent an invalid response\n");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void answers502WhenTheUpstreamHasNoAddress(HttpClient.Version version) throws Exception {
        assertAnswer(version, "http://nowhere.invalid:80", 502, "502 Bad Gateway: upstream name can't be resolved\n");
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void answers404WhereNoRouteIs(HttpClient.Version version) throws Exception {
        try (LocalProxy local =
                LocalProxy.started(LocalProxy.builder().route(LocalProxy.HOST + "/only", "http://127.0.0.1:1"))) {
            assertAnswer(
                    local.client(version).send(local.request("/other").build(), BodyHandlers.ofString()),
                    404,
                    "404 Not Found: no route\n");
        }
    }

    @ParameterizedTest
    @CsvSource({"HTTP_1_1, true", "HTTP_1_1, false", "HTTP_2, true", "HTTP_2, false"})
    void answers413(HttpClient.Version version, boolean declared) throws Exception {
        try (RawUpstream upstream = RawUpstream.saying("hello");
                LocalProxy local = LocalProxy.started(LocalProxy.builder()
                        .route(Route.of(LocalProxy.HOST).to(upstream.uri()).maxRequestBody(1000)))) {
            byte[] body = new byte[1001];
            HttpResponse<String> response = local.client(version)
                    .send(
                            local.request("/")
                                    .POST(
                                            declared
                                                    ? BodyPublishers.ofByteArray(body)
                                                    : BodyPublishers.ofInputStream(
                                                            () -> new java.io.ByteArrayInputStream(body)))
                                    .build(),
                            BodyHandlers.ofString());

            assertAnswer(response, 413, "413 Request Entity Too Large: request body is too large\n");
            assertThat(upstream.requests()).isEmpty();
            HttpResponse<String> allowed = local.client(version)
                    .send(
                            local.request("/")
                                    .POST(BodyPublishers.ofByteArray(new byte[1000]))
                                    .build(),
                            BodyHandlers.ofString());
            assertThat(allowed.body()).isEqualTo("hello");
        }
    }

    @Test
    void answers421ForHostThatTheCertificateDoesNotCover() throws Exception {
        try (RawUpstream upstream = RawUpstream.saying("hello");
                LocalProxy local = LocalProxy.started(LocalProxy.builder()
                        .route(LocalProxy.HOST, upstream.uri())
                        .route("other.localhost", upstream.uri()))) {
            String misdirected = "421 Misdirected Request: host is not covered by the certificate of this connection\n";
            try (RawTlsClient client = local.http1()) {
                client.send("GET / HTTP/1.1\r\nHost: other.localhost\r\n\r\n");
                assertThat(client.readResponse())
                        .startsWith("HTTP/1.1 421 Misdirected Request\r\n")
                        .endsWith("\r\n\r\n" + misdirected);
            }
            try (H2Client client = local.http2()) {
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
                        "other.localhost");
                assertThat(client.response(1)).containsEntry(":status", "421").containsEntry("body", misdirected);
                client.headers(3, H2Client.END_STREAM, local.fields("GET", "/"));
                assertThat(client.response(3)).as("the connection goes on").containsEntry("body", "hello");
            }
            assertThat(upstream.requests()).hasSize(1);
        }
    }

    /** RFC 6585 section 5. */
    @Test
    void refusesHeadThatIsTooLarge() throws Exception {
        try (RawUpstream upstream = RawUpstream.saying("hello");
                LocalProxy local = LocalProxy.to(upstream.uri())) {
            try (RawTlsClient client = local.http1()) {
                client.send("GET / HTTP/1.1\r\nHost: " + local.authority() + "\r\nX-Large: " + "x".repeat(40_000)
                        + "\r\n\r\n");
                assertThat(client.readResponse()).startsWith("HTTP/1.1 431 ");
            }
            try (H2Client client = local.http2()) {
                String[] fields = java.util.Arrays.copyOf(local.fields("GET", "/"), 48);
                for (int i = 8; i < fields.length; i += 2) {
                    fields[i] = "x-large-" + i;
                    fields[i + 1] = "x".repeat(200);
                }
                client.headers(1, H2Client.END_STREAM, fields);
                assertThat(client.response(1)).as("within the limit").containsEntry("body", "hello");
            }
            assertThat(upstream.requests()).hasSize(1);
        }
    }

    private static void assertAnswer(HttpClient.Version version, String upstream, int status, String body)
            throws Exception {
        try (LocalProxy local = LocalProxy.to(upstream)) {
            HttpClient client = local.client(version);
            for (int i = 0; i < 2; i++) {
                HttpResponse<String> response =
                        client.send(local.request("/a?key=secret").build(), BodyHandlers.ofString());
                assertThat(response.version()).isEqualTo(version);
                assertAnswer(response, status, body);
            }
        }
    }

    /** The whole message: no field and no word more than a client needs. */
    private static void assertAnswer(HttpResponse<String> response, int status, String body) {
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.body()).isEqualTo(body);
        assertThat(response.headers().map().keySet())
                .isSubsetOf(":status", "cache-control", "connection", "content-length", "content-type", "date");
        assertThat(response.headers().firstValue("cache-control")).contains("no-store");
        assertThat(response.headers().firstValue("content-type")).contains("text/plain; charset=utf-8");
    }
}
