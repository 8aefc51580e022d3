package dev.tlsproxy.examples.demo;

import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** The page at {@code /} with its script and style sheet; nothing in it is inline and nothing comes from elsewhere. */
final class LivePage implements HttpHandler {

    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
            + " img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private final String html = resource("index.html");
    private final String script = resource("app.js");
    private final String style = resource("style.css");
    private final String icon = resource("icon.svg");

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        switch (exchange.getRequestPath()) {
            case "/" -> send(exchange, "text/html; charset=utf-8", filled(exchange));
            case "/app.js" -> send(exchange, "text/javascript; charset=utf-8", script);
            case "/style.css" -> send(exchange, "text/css; charset=utf-8", style);
            case "/icon.svg" -> send(exchange, "image/svg+xml", icon);
            default -> exchange.setStatusCode(404);
        }
    }

    /** The page shows its own connection without a script: the values are in it. */
    private String filled(HttpServerExchange exchange) {
        TlsFacts tls = TlsFacts.from(name -> exchange.getRequestHeaders().getFirst(name));
        return html.replace("{protocol}", escaped(tls.protocol()))
                .replace("{group}", escaped(tls.group()))
                .replace("{alpn}", escaped(tls.alpn()));
    }

    private static void send(HttpServerExchange exchange, String type, String body) {
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, type);
        exchange.getResponseHeaders().put(Headers.CACHE_CONTROL, "no-store");
        exchange.getResponseHeaders().put(new HttpString("Content-Security-Policy"), POLICY);
        exchange.getResponseHeaders().put(new HttpString("X-Content-Type-Options"), "nosniff");
        exchange.getResponseSender().send(body);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    private static String resource(String name) {
        try (InputStream in = LivePage.class.getResourceAsStream("live/" + name)) {
            return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("resource " + name + " can't be read", e);
        }
    }
}
