package dev.tlsproxy.examples.deployer;

import io.undertow.Handlers;
import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.websockets.core.AbstractReceiveListener;
import io.undertow.websockets.core.BufferedTextMessage;
import io.undertow.websockets.core.WebSocketChannel;
import io.undertow.websockets.core.WebSockets;
import java.net.InetSocketAddress;

/**
 * A service behind the proxy: answers with its name, the request line and what it was told of the client, and sends
 * WebSocket messages at {@code /api/live/ws} back.
 */
final class TestUpstream implements AutoCloseable {

    private final Undertow server;

    private TestUpstream(Undertow server) {
        this.server = server;
    }

    static TestUpstream start(String name) {
        HttpHandler webSocket = Handlers.websocket((exchange, channel) -> {
            channel.getReceiveSetter().set(new Echo());
            channel.resumeReceives();
        });
        Undertow server = Undertow.builder()
                .addHttpListener(0, "127.0.0.1")
                .setServerOption(UndertowOptions.DECODE_URL, false)
                .setIoThreads(1)
                .setWorkerThreads(1)
                .setHandler(exchange -> {
                    if (exchange.getRequestPath().equals("/api/live/ws")) {
                        webSocket.handleRequest(exchange);
                    } else {
                        exchange.getResponseSender().send(answer(name, exchange));
                    }
                })
                .build();
        server.start();
        return new TestUpstream(server);
    }

    String uri() {
        InetSocketAddress address =
                (InetSocketAddress) server.getListenerInfo().get(0).getAddress();
        return "http://127.0.0.1:" + address.getPort();
    }

    @Override
    public void close() {
        server.stop();
    }

    private static String answer(String name, HttpServerExchange exchange) {
        return name + " " + exchange.getRequestMethod() + " " + exchange.getRequestURI()
                + (exchange.getQueryString().isEmpty() ? "" : "?" + exchange.getQueryString())
                + " for " + exchange.getRequestHeaders().getFirst("X-Forwarded-For")
                + " over " + exchange.getRequestHeaders().getFirst("X-Forwarded-Proto");
    }

    private static final class Echo extends AbstractReceiveListener {

        @Override
        protected void onFullTextMessage(WebSocketChannel channel, BufferedTextMessage message) {
            WebSockets.sendText(message.getData(), channel, null);
        }
    }
}
