package dev.tlsproxy.examples.demo;

import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;

/** A tracker's REST API: {@code /api/health_check} and {@code /api/v1/stats}. */
final class ApiUpstream implements HttpHandler {

    private final Swarms swarms;

    ApiUpstream(Swarms swarms) {
        this.swarms = swarms;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        switch (exchange.getRequestPath()) {
            case "/api/health_check" -> Json.send(exchange, 200, "{\"status\":\"Ok\"}");
            case "/api/v1/stats" -> Json.send(exchange, 200, stats(swarms.totals()));
            default -> Json.send(exchange, 404, "{\"error\":\"not found\"}");
        }
    }

    static String stats(Swarms.Totals totals) {
        return "{\"torrents\":" + totals.torrents()
                + ",\"seeders\":" + totals.seeders()
                + ",\"leechers\":" + totals.leechers()
                + ",\"completed\":" + totals.downloads()
                + ",\"announces_handled\":" + totals.announces()
                + ",\"scrapes_handled\":" + totals.scrapes() + "}";
    }
}
