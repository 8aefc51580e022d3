package dev.tlsproxy.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.tests.peer.Peer;
import dev.tlsproxy.tests.peer.PeerProcess;
import dev.tlsproxy.tests.peer.Ports;
import dev.tlsproxy.tests.peer.RealPeer;
import dev.tlsproxy.tests.peer.RequiresPeer;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What people run behind a proxy and reach by WebSocket. */
class RealApplicationsIT {

    private static final Duration START = Duration.ofSeconds(20);

    @RegisterExtension
    final Workbench bench = new Workbench();

    /** Mosquitto and Eclipse Paho: up to 90 KB a message, QoS 1 each way, subprotocol {@code mqtt}. */
    @Test
    @RequiresPeer({Peer.MOSQUITTO, Peer.PYTHON_PAHO})
    void mqttMessagesMakeTheirRoundTrip() throws IOException {
        TlsProxy proxy = bench.start(TlsProxy.builder().route("localhost", "http://127.0.0.1:" + mosquitto()));
        RealPeer python = RealPeer.of(Peer.PYTHON_PAHO);
        Path directory = bench.directory(python, "mqtt-client");
        Path script = resource("mqtt_round_trip.py", directory);
        Path ca = Workbench.caFile(proxy, directory);

        PeerProcess.Result result = python.run(
                directory,
                Duration.ofSeconds(60),
                python.seen(script),
                Integer.toString(Workbench.port(proxy)),
                python.seen(ca));

        assertThat(result.output()).isEqualTo("connected 0\ncame back: 20 same\n");
    }

    /** TigerVNC's server behind websockify, seen by noVNC in Chromium: binary messages in both directions at all times. */
    @Test
    @RequiresPeer({Peer.WEBSOCKIFY, Peer.XTIGERVNC, Peer.CHROMIUM, Peer.CERTUTIL})
    void desktopShowsInTheBrowser() throws IOException {
        String host = "desktop.example.test";
        TlsProxy proxy = bench.start(TlsProxy.builder().route(host, "http://127.0.0.1:" + noVnc(vncServer())));
        Path ca = Workbench.caFile(proxy, bench.directory(RealPeer.of(Peer.CERTUTIL), "ca"));
        Chromium browser = Chromium.start(bench, host, ca);

        browser.navigate(URI.create(proxy.uri(host) + "/vnc.html?autoconnect=1&path=websockify"));

        Awaitility.await()
                .atMost(START)
                .untilAsserted(() -> assertThat(browser.title()).isEqualTo("proxied desktop - noVNC"));
        assertThat(browser.awaitMessage("Network.webSocketHandshakeResponseReceived", "response"))
                .contains("\"status\":101");
    }

    private int mosquitto() throws IOException {
        RealPeer mosquitto = RealPeer.of(Peer.MOSQUITTO);
        Path directory = bench.directory(mosquitto, "mosquitto");
        int port = Ports.free();
        // Debian 12's says that it has no listener where all it has are WebSocket ones
        Path conf = Files.writeString(
                directory.resolve("mosquitto.conf"),
                "listener " + Ports.free() + " 127.0.0.1\nlistener " + port
                        + " 127.0.0.1\nprotocol websockets\nallow_anonymous true\nuser "
                        + System.getProperty("user.name") + "\n");
        bench.closing(mosquitto.start(directory, List.of("-c", mosquitto.seen(conf))))
                .awaitReady(START, () -> Ports.accepts(port));
        return port;
    }

    private int vncServer() {
        RealPeer server = RealPeer.of(Peer.XTIGERVNC);
        int port = Ports.free();
        List<String> arguments = List.of(
                "-displayfd",
                "1",
                "-rfbport",
                Integer.toString(port),
                "-localhost",
                "-SecurityTypes",
                "None",
                "-desktop",
                "proxied desktop",
                "-geometry",
                "640x480");
        bench.closing(server.start(bench.directory(server, "vnc"), arguments))
                .awaitReady(START, () -> Ports.accepts(port));
        return port;
    }

    private int noVnc(int vncPort) {
        RealPeer websockify = RealPeer.of(Peer.WEBSOCKIFY);
        int port = Ports.free();
        List<String> arguments = List.of("--web", "/usr/share/novnc", "127.0.0.1:" + port, "127.0.0.1:" + vncPort);
        bench.closing(websockify.start(bench.directory(websockify, "websockify"), arguments))
                .awaitReady(START, () -> Ports.accepts(port));
        return port;
    }

    private static Path resource(String name, Path directory) throws IOException {
        Path copy = directory.resolve(name);
        try (InputStream source = RealApplicationsIT.class.getResourceAsStream("/" + name)) {
            Files.copy(Objects.requireNonNull(source, name), copy);
        }
        return copy;
    }
}
