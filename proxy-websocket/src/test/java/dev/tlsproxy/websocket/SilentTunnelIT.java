package dev.tlsproxy.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tlsproxy.Route;
import dev.tlsproxy.Timeouts;
import dev.tlsproxy.TlsProxy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.bouncycastle.tls.TlsNoCloseNotifyException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tunnels in which nobody says anything. */
@Timeout(120)
class SilentTunnelIT {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration MEMORY = Duration.ofSeconds(2);

    /** As if a tunnel were silent for five minutes where the time-outs are the defaults of up to 60 s. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void tunnelIsNotCutWhereEveryTimeOutOfTheProxyIsASecond(boolean policy) throws Exception {
        Timeouts second = Timeouts.defaults()
                .requestHead(SECOND)
                .keepAlive(SECOND)
                .bodyIdle(SECOND)
                .connect(SECOND)
                .upstreamIdle(SECOND);
        try (EchoServer server = new EchoServer();
                TlsProxy proxy = started(server.port(), policy ? WebSockets.defaults() : null, second);
                RawClient idle = new RawClient(proxy)) {
            Talker talker = new Talker();
            WebSocket socket = talker.open(proxy, proxy.addresses().https().getPort());
            long began = System.nanoTime();
            // a connection beside it is cut all the while: the time-outs do their work
            assertThatThrownBy(idle::ended).isInstanceOf(TlsNoCloseNotifyException.class);
            await().pollInterval(Duration.ofMillis(100))
                    .until(() ->
                            System.nanoTime() - began > SECOND.multipliedBy(5).toNanos());

            assertThat(talker.echo(socket, "still there")).isEqualTo("still there");
        }
    }

    @Test
    void pingsKeepMiddleboxesOnBothSidesFromForgetting() throws Exception {
        try (EchoServer server = new EchoServer();
                ForgetfulRelay behind = new ForgetfulRelay(server.port(), MEMORY);
                TlsProxy proxy = started(behind.port(), WebSockets.defaults().keepAlive(SECOND), Timeouts.defaults());
                ForgetfulRelay before =
                        new ForgetfulRelay(proxy.addresses().https().getPort(), MEMORY)) {
            Talker talker = new Talker();
            WebSocket socket = talker.open(proxy, before.port());

            for (int i = 0; i < 6; i++) {
                assertThat(talker.pings.poll(10, TimeUnit.SECONDS)).isNotNull();
            }

            assertThat(talker.echo(socket, "remembered")).isEqualTo("remembered");
            assertThat(before.forgotten).hasValue(0);
            assertThat(behind.forgotten).hasValue(0);
        }
    }

    /** What the test above would see if there were no pings. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void withoutPingsTheyForget(boolean inFront) throws Exception {
        Duration never = Duration.ofHours(1);
        try (EchoServer server = new EchoServer();
                ForgetfulRelay behind = new ForgetfulRelay(server.port(), inFront ? never : MEMORY);
                TlsProxy proxy = started(behind.port(), WebSockets.defaults(), Timeouts.defaults());
                ForgetfulRelay before =
                        new ForgetfulRelay(proxy.addresses().https().getPort(), inFront ? MEMORY : never)) {
            Talker talker = new Talker();
            WebSocket socket = talker.open(proxy, before.port());
            ForgetfulRelay middlebox = inFront ? before : behind;
            await().until(() -> middlebox.silence().compareTo(MEMORY.plusMillis(200)) > 0);

            socket.sendText("forgotten", true);

            assertThat(talker.over.get(10, TimeUnit.SECONDS)).isNotEmpty();
            assertThat(middlebox.forgotten).hasValue(1);
            assertThat(server.texts).isEmpty();
        }
    }

    private static TlsProxy started(int upstreamPort, @Nullable WebSockets policy, Timeouts timeouts) {
        Route route = Route.of("live.localhost").to("http://127.0.0.1:" + upstreamPort);
        TlsProxy proxy = WebSocketsIT.builder()
                .route(policy == null ? route : route.upgrades(policy))
                .timeouts(timeouts)
                .build();
        proxy.start();
        return proxy;
    }

    /** The JDK's client, which answers pings by itself. */
    private static final class Talker implements WebSocket.Listener {

        final BlockingQueue<String> texts = new LinkedBlockingQueue<>();
        final BlockingQueue<String> pings = new LinkedBlockingQueue<>();
        final CompletableFuture<String> over = new CompletableFuture<>();

        WebSocket open(TlsProxy proxy, int port) throws Exception {
            return HttpClient.newBuilder()
                    .sslContext(proxy.trustedSslContext())
                    .build()
                    .newWebSocketBuilder()
                    .buildAsync(URI.create("wss://live.localhost:" + port + "/"), this)
                    .get(10, TimeUnit.SECONDS);
        }

        String echo(WebSocket socket, String text) throws Exception {
            socket.sendText(text, true).get(10, TimeUnit.SECONDS);
            return String.valueOf(texts.poll(10, TimeUnit.SECONDS));
        }

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            texts.add(data.toString());
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onPing(WebSocket socket, ByteBuffer message) {
            pings.add("ping");
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            over.complete("closed " + code);
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable error) {
            over.complete(error.toString());
        }
    }
}
