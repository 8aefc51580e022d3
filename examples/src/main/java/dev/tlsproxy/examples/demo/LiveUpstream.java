package dev.tlsproxy.examples.demo;

import io.undertow.Handlers;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A page whose numbers arrive over a WebSocket (RFC 6455) at {@code /api/live/ws}. */
final class LiveUpstream implements HttpHandler {

    private final LivePage page = new LivePage();
    private final LiveSessions sessions = new LiveSessions();
    private final HttpHandler webSocket = Handlers.websocket(
            (exchange, channel) -> sessions.open(channel, TlsFacts.from(exchange::getRequestHeader)),
            LiveUpstream::upgradeRequired);
    private final Swarms swarms;
    private final Duration period;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "live-numbers");
        thread.setDaemon(true);
        return thread;
    });
    private long counter;

    LiveUpstream(Swarms swarms, Duration period) {
        this.swarms = swarms;
        this.period = period;
    }

    void start() {
        var unused = timer.scheduleAtFixedRate(this::sendNumbers, 0, period.toMillis(), TimeUnit.MILLISECONDS);
    }

    void close() {
        timer.shutdownNow();
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) throws Exception {
        if (!exchange.getRequestPath().equals("/api/live/ws")) {
            page.handleRequest(exchange);
        } else if (!sameOrigin(exchange)) {
            exchange.setStatusCode(403);
            exchange.getResponseSender().send("origin not allowed");
        } else if (sessions.full()) {
            exchange.setStatusCode(503);
        } else {
            webSocket.handleRequest(exchange);
        }
    }

    private void sendNumbers() {
        counter++;
        sessions.send("{\"type\":\"numbers\",\"counter\":" + counter + ",\"tracker\":"
                + ApiUpstream.stats(swarms.totals()) + "}");
    }

    /** As Grafana does it: host and port of Origin are those of Host; no browser, no Origin. */
    private static boolean sameOrigin(HttpServerExchange exchange) {
        @Nullable String origin = exchange.getRequestHeaders().getFirst(Headers.ORIGIN);
        if (origin == null) {
            return true;
        }
        String host = String.valueOf(exchange.getRequestHeaders().getFirst(Headers.HOST));
        return origin.equals("https://" + host) || origin.equals("http://" + host);
    }

    private static void upgradeRequired(HttpServerExchange exchange) {
        exchange.setStatusCode(426);
        exchange.getResponseHeaders().put(Headers.UPGRADE, "websocket");
        exchange.getResponseSender().send("WebSocket only");
    }
}
