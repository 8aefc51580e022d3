package dev.tlsproxy.tests;

import static dev.tlsproxy.tests.RawUpstream.latin1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.tests.peer.Peer;
import dev.tlsproxy.tests.peer.RequiresPeer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a tracker parses itself reaches it byte for byte. */
class RequestTargetIT {

    private static final String HOST = "tracker.localhost";

    @RegisterExtension
    final Workbench bench = new Workbench();

    private RawUpstream upstream;
    private TlsProxy proxy;

    @BeforeEach
    void start() {
        upstream = bench.closing(RawUpstream.ok());
        proxy = bench.start(TlsProxy.builder().route(HOST, upstream.uri()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--http1.1", "--http2"})
    @RequiresPeer(Peer.CURL)
    void infoHashOfAll256EscapedBytesArrivesAsSent(String option) {
        String target = "/announce?info_hash=" + escaped("%%%02X") + escaped("%%%02x") + "&port=6881&&left=0&";

        new Curl(bench, proxy).get(HOST, target, option);

        assertThat(upstream.requestLines()).containsExactly("GET " + target + " HTTP/1.1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--http1.1", "--http2"})
    @RequiresPeer(Peer.CURL)
    void unusualPathsArriveAsSent(String option) {
        Curl curl = new Curl(bench, proxy);
        List<String> targets =
                List.of("/a//b", "/a/%2e%2E/b", "/a;v=1/b+c|d", "/a%2Fb?", "/a%2Fb??", "/?a=b?c=d", "/%c3%A9/~");

        targets.forEach(target -> curl.get(HOST, target, option));

        assertThat(upstream.requestLines())
                .containsExactlyElementsOf(targets.stream()
                        .map(target -> "GET " + target + " HTTP/1.1")
                        .toList());
    }

    /** RFC 3986 has them escaped; old BitTorrent clients do not. Altered is what they must never be. */
    @Test
    void rawBytesAbove127ArriveAsSentOrAreRefused() throws IOException {
        String raw =
                IntStream.rangeClosed(0x80, 0xFF).mapToObj(Character::toString).collect(Collectors.joining());
        String target = "/announce?info_hash=" + raw + "&port=6881";

        String statusLine = askRaw("GET " + target + " HTTP/1.1\r\nHost: " + HOST + "\r\nConnection: close\r\n\r\n");

        if (statusLine.startsWith("HTTP/1.1 400 ")) {
            assertThat(upstream.requestLines()).isEmpty();
        } else {
            assertThat(statusLine).isEqualTo("HTTP/1.1 200 OK");
            assertThat(upstream.requestLines()).containsExactly("GET " + target + " HTTP/1.1");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0x00, 0x01, 0x0A, 0x0D, 0x1F, 0x20, 0x7F})
    void controlBytesInTheTargetAreRefused(int octet) throws IOException {
        String statusLine = askRaw("GET /announce?a=" + Character.toString(octet) + "b HTTP/1.1\r\nHost: " + HOST
                + "\r\nConnection: close\r\n\r\n");

        assertThat(statusLine).startsWith("HTTP/1.1 400 ");
        assertThat(upstream.requestLines()).isEmpty();
    }

    private static String escaped(String format) {
        return IntStream.range(0, 256).mapToObj(format::formatted).collect(Collectors.joining());
    }

    private String askRaw(String request) throws IOException {
        try (SSLSocket socket =
                (SSLSocket) proxy.trustedSslContext().getSocketFactory().createSocket()) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setServerNames(List.of(new SNIHostName(HOST)));
            socket.setSSLParameters(parameters);
            socket.setSoTimeout(20_000);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), Workbench.port(proxy)));
            socket.getOutputStream().write(latin1(request));
            socket.getOutputStream().flush();
            String response = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            return response.lines().findFirst().orElse("(closed without a response)");
        }
    }
}
