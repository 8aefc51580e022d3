package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.testing.Pattern;
import dev.tlsproxy.testing.StreamingUpstream;
import dev.tlsproxy.testing.TestCa;
import dev.tlsproxy.testing.TestPem;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpClient.Version;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Responses of an https upstream, up to their end. */
@Timeout(60)
class TlsUpstreamIT {

    private static final int SIZE = 10 * 1024 * 1024;
    private static final String UNTIL_CLOSE = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nall there is";

    private final TestCa ca = TestCa.create();

    @TempDir
    Path directory;

    /** A block of 64 KB goes out in records of 16,384 bytes, the most that a record may have (RFC 8446 section 5.1). */
    @ParameterizedTest
    @EnumSource(Version.class)
    void recordsOfTheLargestSizeArrive(Version version) throws Exception {
        try (StreamingUpstream upstream = StreamingUpstream.tls(ca.serverContext("localhost"), (head, in, out) -> {
                    StreamingUpstream.write(out, "HTTP/1.1 200 OK\r\nContent-Length: " + SIZE + "\r\n\r\n");
                    send(out);
                });
                LocalProxy local = to(upstream.uri())) {
            HttpResponse<InputStream> response =
                    local.client(version).send(local.request("/").build(), BodyHandlers.ofInputStream());

            assertThat(Pattern.checksum(response.body())).isEqualTo(Pattern.checksum(SIZE));
        }
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void endOfTheConnectionAfterCloseNotifyIsTheEndOfTheResponse(Version version) throws Exception {
        try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                LocalProxy local = to("https://localhost:" + server.getLocalPort())) {
            CompletableFuture<HttpResponse<InputStream>> response = ask(local, version);
            answer(server.accept()).close();
            assertThat(response.get(10, TimeUnit.SECONDS).body().readAllBytes())
                    .asString()
                    .isEqualTo("all there is");
            assertThat(local.ended.poll(10, TimeUnit.SECONDS).failure()).isEmpty();
        }
    }

    /** Facts, section E, case 12: the client must be able to tell that the response was cut. */
    @ParameterizedTest
    @EnumSource(Version.class)
    void endOfTheConnectionWithoutCloseNotifyIsNoEndOfTheResponse(Version version) throws Exception {
        try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                LocalProxy local = to("https://localhost:" + server.getLocalPort())) {
            CompletableFuture<HttpResponse<InputStream>> response = ask(local, version);
            Socket tcp = server.accept();
            answer(tcp);
            InputStream body = response.get(10, TimeUnit.SECONDS).body();
            assertThat(body.readNBytes(12)).asString().isEqualTo("all there is");
            tcp.close();

            assertThatThrownBy(body::readAllBytes).isInstanceOf(IOException.class);
            assertThat(local.ended.poll(10, TimeUnit.SECONDS).failure()).isPresent();
        }
    }

    /** Without a client library: no last chunk, and no close_notify either, which Bouncy Castle's TLS would insist on. */
    @Test
    void http1ClientGetsNoLastChunk() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                LocalProxy local = to("https://localhost:" + server.getLocalPort());
                RawTlsClient client = local.http1()) {
            client.send("GET / HTTP/1.1\r\nHost: " + local.authority() + "\r\n\r\n");
            Socket tcp = server.accept();
            answer(tcp);
            assertThat(client.readHead()).contains("chunked");
            assertThat(client.socket().getInputStream().readNBytes(18))
                    .asString()
                    .isEqualTo("0c\r\nall there is\r\n");
            tcp.close();

            assertThatThrownBy(client::readToEnd).isInstanceOf(IOException.class);
        }
    }

    @Test
    void upstreamThatDoesNotChooseHttp2WhereItIsWantedGetsNoRequest() throws Exception {
        AtomicInteger requests = new AtomicInteger();
        try (StreamingUpstream upstream = StreamingUpstream.tls(
                        ca.serverContext("localhost"), (head, in, out) -> requests.incrementAndGet());
                LocalProxy local = to(upstream.uri().toString().replace("https://", "h2://"))) {
            HttpResponse<String> response =
                    local.client(Version.HTTP_2).send(local.request("/").build(), BodyHandlers.ofString());

            assertThat(response.statusCode()).isEqualTo(502);
            assertThat(response.body()).isEqualTo("502 Bad Gateway: TLS handshake with upstream failed\n");
            assertThat(requests).hasValue(0);
        }
    }

    private static CompletableFuture<HttpResponse<InputStream>> ask(LocalProxy local, Version version) {
        return local.client(version).sendAsync(local.request("/").build(), BodyHandlers.ofInputStream());
    }

    /** Closing the TLS socket sends close_notify, closing the socket below it does not. */
    private SSLSocket answer(Socket tcp) throws IOException {
        SSLSocket upstream =
                (SSLSocket) ca.serverContext("localhost").getSocketFactory().createSocket(tcp, null, true);
        StreamingUpstream.readHead(upstream.getInputStream());
        StreamingUpstream.write(upstream.getOutputStream(), UNTIL_CLOSE);
        return upstream;
    }

    private static void send(OutputStream out) throws IOException {
        InputStream pattern = new Pattern(SIZE);
        byte[] block = new byte[64 * 1024];
        for (int read = pattern.read(block); read >= 0; read = pattern.read(block)) {
            out.write(block, 0, read);
        }
        out.flush();
    }

    private LocalProxy to(String uri) throws IOException {
        Path trusted = TestPem.file(directory.resolve("ca.pem"), TestPem.of(List.of(ca.root())));
        return LocalProxy.started(LocalProxy.builder()
                .route(Route.of(LocalProxy.HOST).to(Upstream.of(uri).trust(trusted))));
    }
}
