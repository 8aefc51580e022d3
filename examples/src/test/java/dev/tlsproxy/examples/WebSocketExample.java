package dev.tlsproxy.examples;

import dev.tlsproxy.Route;
import dev.tlsproxy.websocket.WebSockets;
import java.time.Duration;

/** The README's WebSocket policy, compiled. */
final class WebSocketExample {

    private WebSocketExample() {}

    static Route route() {
        // begin
        Route route = Route.of("grafana.example.com")
                .to("http://127.0.0.1:3000")
                .upgrades(WebSockets.defaults()
                        .allowedOrigins("https://grafana.example.com")
                        .keepAlive(Duration.ofSeconds(30))
                        .maxTunnelsPerClient(20));
        // end
        return route;
    }
}
