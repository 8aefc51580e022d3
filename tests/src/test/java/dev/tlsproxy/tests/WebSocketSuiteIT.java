package dev.tlsproxy.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.Route;
import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.tests.peer.Peer;
import dev.tlsproxy.tests.peer.RequiresPeer;
import dev.tlsproxy.websocket.WebSockets;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The Autobahn suite's sections 1 to 7, 9, 10, 12 and 13 in our own words (the suite itself needs Python 2): what a client
 * sees through the proxy is what it sees at the server itself, case by case, right or wrong as the client may be.
 */
@RequiresPeer(Peer.NODE_WS)
class WebSocketSuiteIT {

    private static final String HOST = "grafana.localhost";

    @RegisterExtension
    final Workbench bench = new Workbench();

    private NodeWebSocketServer server;

    @BeforeEach
    void start() {
        server = NodeWebSocketServer.start(bench);
    }

    static Stream<Arguments> sections() {
        return Stream.of(
                section("1 framing", 20, WebSocketFramingCases::framing),
                section("2 pings and pongs", 11, WebSocketFramingCases::pings),
                section("3 reserved bits", 42, WebSocketFramingCases::reservedBits),
                section("4 opcodes", 40, WebSocketFramingCases::opcodes),
                section("5 fragments", 19, WebSocketFramingCases::fragments),
                section("6 UTF-8", 180, WebSocketContentCases::utf8Texts),
                section("7 close", 41, WebSocketContentCases::closes),
                section("9 volume", 50, WebSocketVolumeCases::volume),
                section("10 odd fragments", 2, WebSocketVolumeCases::oddFragments),
                section("12 compression", 22, WebSocketVolumeCases::compression),
                section("13 compression parameters", 21, WebSocketVolumeCases::compressionParameters));
    }

    @ParameterizedTest
    @MethodSource("sections")
    void clientSeesTheSameThroughTheProxy(String section, int count, Supplier<List<WebSocketCase>> cases)
            throws Exception {
        TlsProxy proxy = bench.start(TlsProxy.builder().route(Route.of(HOST).to(server.uri())));
        assertThat(differences(proxy, count, cases.get())).as(section).isEmpty();
    }

    /** Here the proxy ends what is against RFC 6455 itself; the client hears the same of it. */
    @ParameterizedTest
    @MethodSource("sections")
    void clientSeesTheSameWhereTheProxyWatchesTheFrames(String section, int count, Supplier<List<WebSocketCase>> cases)
            throws Exception {
        Route route = Route.of(HOST).to(server.uri()).upgrades(WebSockets.defaults());
        TlsProxy proxy = bench.start(TlsProxy.builder().route(route));
        assertThat(differences(proxy, count, cases.get())).as(section).isEmpty();
    }

    private List<String> differences(TlsProxy proxy, int count, List<WebSocketCase> cases) throws IOException {
        assertThat(cases).hasSize(count);
        List<String> differences = new ArrayList<>();
        for (WebSocketCase each : cases) {
            WebSocketRecording.Result direct = WebSocketRecording.play(direct(), HOST, each);
            assertThat(direct.head()).as(each.id()).startsWith("HTTP/1.1 101 ");
            assertThat(direct.control()).as(each.id()).last().asString().startsWith("close ");
            assertThat(direct.end()).as(each.id()).isEqualTo("ended");
            WebSocketRecording.Result proxied = WebSocketRecording.play(through(proxy), HOST, each);
            if (!proxied.equals(direct)) {
                differences.add(each.id() + "\n  direct  " + direct + "\n  proxied " + proxied);
            }
        }
        return differences;
    }

    private Socket direct() throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), server.port());
    }

    private static Socket through(TlsProxy proxy) throws IOException {
        int port = Workbench.port(proxy);
        Socket plain = new Socket(InetAddress.getLoopbackAddress(), port);
        SSLSocket socket =
                (SSLSocket) proxy.trustedSslContext().getSocketFactory().createSocket(plain, HOST, port, true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(parameters);
        return socket;
    }

    private static Arguments section(String name, int count, Supplier<List<WebSocketCase>> cases) {
        return Arguments.of(name, count, cases);
    }
}
