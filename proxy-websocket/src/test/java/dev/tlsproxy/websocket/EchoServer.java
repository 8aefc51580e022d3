package dev.tlsproxy.websocket;

import io.undertow.Handlers;
import io.undertow.Undertow;
import io.undertow.websockets.WebSocketProtocolHandshakeHandler;
import io.undertow.websockets.core.AbstractReceiveListener;
import io.undertow.websockets.core.BufferedBinaryMessage;
import io.undertow.websockets.core.BufferedTextMessage;
import io.undertow.websockets.core.CloseMessage;
import io.undertow.websockets.core.WebSocketChannel;
import io.undertow.websockets.extensions.PerMessageDeflateHandshake;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** A real WebSocket server, Undertow's own, that sends back what it gets and tells what it has seen. */
final class EchoServer implements AutoCloseable {

    final AtomicInteger requests = new AtomicInteger();
    final BlockingQueue<String> texts = new LinkedBlockingQueue<>();
    final BlockingQueue<Integer> closes = new LinkedBlockingQueue<>();
    private final Undertow undertow;

    EchoServer() {
        WebSocketProtocolHandshakeHandler webSocket = Handlers.websocket((exchange, channel) -> {
            channel.getReceiveSetter().set(new Echo());
            channel.resumeReceives();
        });
        webSocket.addExtension(new PerMessageDeflateHandshake(false));
        undertow = Undertow.builder()
                .addHttpListener(0, "127.0.0.1")
                .setIoThreads(1)
                .setWorkerThreads(1)
                .setHandler(exchange -> {
                    requests.incrementAndGet();
                    webSocket.handleRequest(exchange);
                })
                .build();
        undertow.start();
    }

    int port() {
        return ((InetSocketAddress) undertow.getListenerInfo().get(0).getAddress()).getPort();
    }

    String uri() {
        return "http://127.0.0.1:" + port();
    }

    @Override
    public void close() {
        undertow.stop();
    }

    private final class Echo extends AbstractReceiveListener {

        @Override
        protected void onFullTextMessage(WebSocketChannel channel, BufferedTextMessage message) {
            String text = message.getData(); // empties the message
            texts.add(text);
            io.undertow.websockets.core.WebSockets.sendText(text, channel, null);
        }

        @Override
        protected void onFullBinaryMessage(WebSocketChannel channel, BufferedBinaryMessage message) throws IOException {
            texts.add("binary");
            super.onFullBinaryMessage(channel, message);
        }

        @Override
        protected void onCloseMessage(CloseMessage message, WebSocketChannel channel) {
            closes.add(message.getCode());
        }
    }
}
