package dev.tlsproxy.examples.demo;

import io.undertow.websockets.core.AbstractReceiveListener;
import io.undertow.websockets.core.BufferedTextMessage;
import io.undertow.websockets.core.WebSocketCallback;
import io.undertow.websockets.core.WebSocketChannel;
import io.undertow.websockets.core.WebSockets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/** The viewers' WebSockets. One that does not keep up misses numbers, so that nothing piles up. */
final class LiveSessions {

    private static final int MOST_SESSIONS = 100;
    private static final int MOST_TEXT_BYTES = 64;

    private final Map<WebSocketChannel, AtomicBoolean> busy = new ConcurrentHashMap<>();

    boolean full() {
        return busy.size() >= MOST_SESSIONS;
    }

    /** Tells the viewer what the proxy saw of this connection, then sends it numbers until it goes. */
    void open(WebSocketChannel channel, TlsFacts tls) {
        channel.getReceiveSetter().set(new Echo());
        channel.addCloseTask(busy::remove);
        channel.resumeReceives();
        AtomicBoolean sending = new AtomicBoolean(true);
        String connection = "{\"type\":\"connection\",\"protocol\":" + Json.string(tls.protocol()) + ",\"group\":"
                + Json.string(tls.group()) + ",\"alpn\":" + Json.string(tls.alpn()) + "}";
        WebSockets.sendText(connection, channel, new Sent(sending));
        busy.put(channel, sending);
        if (!channel.isOpen()) {
            busy.remove(channel);
        }
    }

    void send(String message) {
        busy.forEach((channel, sending) -> {
            if (sending.compareAndSet(false, true)) {
                WebSockets.sendText(message, channel, new Sent(sending));
            }
        });
    }

    /** Sends a viewer's number back, by which it measures the round trip. */
    private static final class Echo extends AbstractReceiveListener {

        @Override
        protected long getMaxTextBufferSize() {
            return MOST_TEXT_BYTES;
        }

        @Override
        protected long getMaxBinaryBufferSize() {
            return MOST_TEXT_BYTES;
        }

        @Override
        protected void onFullTextMessage(WebSocketChannel channel, BufferedTextMessage message) {
            String text = message.getData();
            if (text.matches("[0-9]{1,18}")) {
                WebSockets.sendText("{\"type\":\"echo\",\"sent\":" + text + "}", channel, null);
            }
        }
    }

    private record Sent(AtomicBoolean sending) implements WebSocketCallback<Void> {

        @Override
        public void complete(WebSocketChannel channel, Void context) {
            sending.set(false);
        }

        @Override
        public void onError(WebSocketChannel channel, Void context, Throwable throwable) {
            sending.set(false);
        }
    }
}
