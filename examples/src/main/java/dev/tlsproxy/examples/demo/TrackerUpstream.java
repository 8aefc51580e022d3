package dev.tlsproxy.examples.demo;

import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.Methods;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * An HTTP tracker (BEP 3, 7, 23, 48) that sits behind a reverse proxy: {@code /announce} and {@code /scrape}, each also
 * with a key behind it. What it refuses it answers with 200 and a bencoded {@code failure reason}, as trackers do.
 */
final class TrackerUpstream implements HttpHandler {

    private static final int INTERVAL_SECONDS = 120;

    private final Swarms swarms;

    TrackerUpstream(Swarms swarms) {
        this.swarms = swarms;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        String path = exchange.getRequestPath();
        if (path.equals("/health_check")) {
            Json.send(exchange, 200, "{\"status\":\"Ok\"}");
        } else if (path.matches("/announce(/[^/]+)?")) {
            get(exchange, this::announce);
        } else if (path.matches("/scrape(/[^/]+)?")) {
            get(exchange, this::scrape);
        } else {
            exchange.setStatusCode(404);
        }
    }

    private static void get(HttpServerExchange exchange, Answer answer) {
        if (!exchange.getRequestMethod().equals(Methods.GET)) {
            exchange.setStatusCode(405);
            exchange.getResponseHeaders().put(Headers.ALLOW, "GET");
            return;
        }
        Map<String, Object> body;
        try {
            body = answer.to(exchange);
        } catch (Refusal e) {
            body = Map.of("failure reason", String.valueOf(e.getMessage()));
        }
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "text/plain");
        exchange.getResponseSender().send(ByteBuffer.wrap(Bencode.encode(body)));
    }

    private Map<String, Object> announce(HttpServerExchange exchange) throws Refusal {
        Announce announce = Announce.parse(RawQuery.parse(exchange.getQueryString()));
        InetAddress client = ClientAddress.of(exchange.getRequestHeaders().get("X-Forwarded-For"));
        Swarms.View view = swarms.announce(announce, client);
        Map<String, Object> answer = new TreeMap<>();
        answer.put("interval", INTERVAL_SECONDS);
        answer.put("min interval", INTERVAL_SECONDS / 2);
        answer.put("complete", view.counts().seeders());
        answer.put("incomplete", view.counts().leechers());
        answer.putAll(announce.compact() ? PeerList.compact(view.peers()) : PeerList.dictionaries(view.peers()));
        return answer;
    }

    private Map<String, Object> scrape(HttpServerExchange exchange) throws Refusal {
        List<InfoHash> hashes = RawQuery.parse(exchange.getQueryString()).infoHashes();
        if (hashes.isEmpty()) {
            throw new Refusal("missing param info_hash");
        }
        Map<byte[], Object> files = Bencode.dictionary();
        for (InfoHash hash : hashes) {
            Swarm.Counts counts = swarms.scrape(hash);
            files.put(
                    hash.bytes(),
                    Map.of(
                            "complete", counts.seeders(),
                            "downloaded", counts.downloads(),
                            "incomplete", counts.leechers()));
        }
        swarms.countScrape();
        return Map.of("files", files);
    }

    private interface Answer {
        Map<String, Object> to(HttpServerExchange exchange) throws Refusal;
    }
}
