package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.ExchangeSummary;
import dev.tlsproxy.spi.ProxyEvents;
import dev.tlsproxy.spi.UpgradeHandler;
import dev.tlsproxy.testing.EchoListener;
import dev.tlsproxy.testing.RawUpstream;
import dev.tlsproxy.testing.WebSocketAnswer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** WebSocket through the proxy, with the JDK's client. */
class WebSocketIT {

    private static final InetSocketAddress ANY_PORT = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    private final BlockingQueue<ExchangeSummary> ended = new LinkedBlockingQueue<>();

    @Test
    void passesTextBinaryAndCloseBothWays() throws Exception {
        try (RawUpstream upstream = RawUpstream.answering(new WebSocketAnswer());
                TlsProxy proxy = started(Route.of("grafana.localhost").to(upstream.uri()))) {
            EchoListener listener = new EchoListener();
            WebSocket socket = connect(proxy, listener);
            byte[] large = new byte[200_000];
            new Random(7).nextBytes(large);

            socket.sendText("live", true).join();
            socket.sendBinary(ByteBuffer.wrap(large), true).join();

            assertThat(listener.texts.poll(10, TimeUnit.SECONDS)).isEqualTo("live");
            assertThat(listener.binaries.poll(10, TimeUnit.SECONDS)).isEqualTo(large);
            socket.sendClose(4001, "done").join();
            assertThat(listener.closed.get(10, TimeUnit.SECONDS)).isEqualTo(4001);

            ExchangeSummary summary = ended.poll(10, TimeUnit.SECONDS);
            assertThat(summary.upgraded()).isTrue();
            assertThat(summary.status()).isEqualTo(101);
            RawUpstream.Request request = upstream.onlyRequest();
            assertThat(request.line()).isEqualTo("GET /api/live/ws?orgId=1 HTTP/1.1");
            assertThat(request.header("Host"))
                    .contains("grafana.localhost:" + proxy.addresses().https().getPort());
            assertThat(request.header("Upgrade")).contains("websocket");
            assertThat(request.header("Connection"))
                    .hasValueSatisfying(value -> assertThat(value).isEqualToIgnoringCase("upgrade"));
            assertThat(request.header("Origin")).contains("https://grafana.localhost");
            assertThat(request.header("Cookie")).contains("grafana_session=abc");
            assertThat(request.header("X-Forwarded-Proto")).contains("https");
        }
    }

    @Test
    void answersThatRefuseTheUpgradePassAndLeaveNoConnection() throws Exception {
        try (RawUpstream upstream = RawUpstream.answering((request, connection) -> RawUpstream.write(
                        connection,
                        "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n"));
                TlsProxy proxy = started(Route.of("grafana.localhost").to(upstream.uri()))) {
            for (int i = 0; i < 20; i++) {
                assertThatThrownBy(() -> connect(proxy, new EchoListener()))
                        .isInstanceOf(CompletionException.class)
                        .cause()
                        .isInstanceOfSatisfying(
                                WebSocketHandshakeException.class,
                                refusal -> assertThat(refusal.getResponse().statusCode())
                                        .isEqualTo(426));
            }
            org.awaitility.Awaitility.await()
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> upstream.openConnections() == 0);
        }
    }

    @Test
    void upgradeHandlerRefusesBeforeTheUpstreamIsAsked() throws Exception {
        try (RawUpstream upstream = RawUpstream.answering(new WebSocketAnswer());
                TlsProxy proxy = started(Route.of("grafana.localhost")
                        .to(upstream.uri())
                        .upgrades(exchange -> UpgradeHandler.Decision.refuse(403, "origin not allowed")))) {
            assertThatThrownBy(() -> connect(proxy, new EchoListener()))
                    .isInstanceOf(CompletionException.class)
                    .cause()
                    .isInstanceOfSatisfying(
                            WebSocketHandshakeException.class,
                            refusal -> assertThat(refusal.getResponse().statusCode())
                                    .isEqualTo(403));
            assertThat(upstream.requests()).isEmpty();
        }
    }

    private TlsProxy started(Route route) {
        TlsProxy proxy = TlsProxy.builder()
                .https(ANY_PORT)
                .withoutHttp()
                .store(CertificateStore.inMemory())
                .route(route)
                .events(new ProxyEvents() {
                    @Override
                    public void exchangeEnded(ExchangeSummary exchange) {
                        ended.add(exchange);
                    }
                })
                .build();
        proxy.start();
        return proxy;
    }

    private static WebSocket connect(TlsProxy proxy, EchoListener listener) {
        int port = proxy.addresses().https().getPort();
        return HttpClient.newBuilder()
                .sslContext(proxy.trustedSslContext())
                .build()
                .newWebSocketBuilder()
                .connectTimeout(Duration.ofSeconds(10))
                .header("Origin", "https://grafana.localhost")
                .header("Cookie", "grafana_session=abc")
                .buildAsync(URI.create("wss://grafana.localhost:" + port + "/api/live/ws?orgId=1"), listener)
                .join();
    }
}
