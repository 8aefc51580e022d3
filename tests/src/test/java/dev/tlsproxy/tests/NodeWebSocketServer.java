package dev.tlsproxy.tests;

import dev.tlsproxy.tests.peer.Peer;
import dev.tlsproxy.tests.peer.Ports;
import dev.tlsproxy.tests.peer.RealPeer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/** Node's ws, which sends every message back and speaks permessage-deflate. */
final class NodeWebSocketServer {

    private final int port;

    private NodeWebSocketServer(int port) {
        this.port = port;
    }

    static NodeWebSocketServer start(Workbench bench) {
        RealPeer node = RealPeer.of(Peer.NODE_WS);
        Path directory = bench.directory(node, "node-ws");
        Path script = directory.resolve("websocket_echo.js");
        try (InputStream source = NodeWebSocketServer.class.getResourceAsStream("/websocket_echo.js")) {
            Files.copy(Objects.requireNonNull(source, "websocket_echo.js"), script);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        int port = Ports.free();
        bench.closing(node.start(directory, List.of(node.seen(script), Integer.toString(port))))
                .awaitReady(Duration.ofSeconds(20), () -> Ports.accepts(port));
        return new NodeWebSocketServer(port);
    }

    int port() {
        return port;
    }

    String uri() {
        return "http://127.0.0.1:" + port;
    }
}
