package dev.tlsproxy.websocket;

import static dev.tlsproxy.websocket.TunnelUnderTest.closeToClient;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tlsproxy.Route;
import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.TlsProxyBuilder;
import dev.tlsproxy.spi.CertificateStore;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A policy in a running proxy, between a client of bytes and a real server. */
class WebSocketsIT {

    private static final InetSocketAddress ANY_PORT = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    @Test
    void passesEagerFragmentsControlFramesBetweenThemAndTheCloseHandshake() throws Exception {
        WebSockets policy = WebSockets.defaults();
        try (EchoServer server = new EchoServer();
                TlsProxy proxy = started(server, policy);
                RawClient client = new RawClient(proxy)) {
            String eager = Wire.fromClient(0x01, Wire.text("one ")) + Wire.fromClient(0x89, Wire.text("p"));
            assertThat(client.ask(RawClient.PROPER, eager)).startsWith("HTTP/1.1 101 ");
            assertThat(client.frame()).isEqualTo(Wire.fromServer(0x8a, Wire.text("p")));

            client.send(Wire.fromClient(0x80, Wire.text("two")));

            assertThat(client.frame()).isEqualTo(Wire.fromServer(0x81, Wire.text("one two")));
            client.send(Wire.fromClient(0x88, Wire.close(1000, "")));
            assertThat(client.frame()).isEqualTo(Wire.fromServer(0x88, Wire.close(1000, "")));
            assertThat(client.ended()).isTrue();
            client.leave();
            await().atMost(Duration.ofSeconds(10)).until(() -> policy.counts().open() == 0);
            assertThat(policy.counts())
                    .isEqualTo(new WebSocketCounts(
                            0, 1, new WebSocketCounts.Traffic(1, 7), new WebSocketCounts.Traffic(1, 7)));
        }
    }

    @Test
    void permessageDeflatePassesEndToEnd() throws Exception {
        try (EchoServer server = new EchoServer();
                TlsProxy proxy = started(server, WebSockets.defaults());
                RawClient client = new RawClient(proxy)) {
            String answer = client.ask(
                    RawClient.PROPER + "Sec-WebSocket-Extensions: permessage-deflate\r\n",
                    Wire.fromClient(0xc1, "f248cdc9c90700"));

            assertThat(answer).containsIgnoringCase("Sec-WebSocket-Extensions: permessage-deflate");
            assertThat(server.texts.poll(10, TimeUnit.SECONDS)).isEqualTo("Hello");
            assertThat(client.frame()).startsWith("c1").isNotEqualTo("c100");
        }
    }

    @Test
    void refusesTunnelsBeyondTheLimitAndGivesTheirRoomBack() throws Exception {
        WebSockets policy = WebSockets.defaults().maxTunnels(1);
        try (EchoServer server = new EchoServer();
                TlsProxy proxy = started(server, policy)) {
            try (RawClient first = new RawClient(proxy);
                    RawClient second = new RawClient(proxy)) {
                assertThat(first.ask(RawClient.PROPER, "")).startsWith("HTTP/1.1 101 ");
                assertThat(second.ask(RawClient.PROPER, ""))
                        .startsWith("HTTP/1.1 503 ")
                        .containsIgnoringCase("\r\nRetry-After: 10\r\n");
            }
            await().atMost(Duration.ofSeconds(10)).until(() -> policy.counts().open() == 0);
            try (RawClient third = new RawClient(proxy)) {
                assertThat(third.ask(RawClient.PROPER, "")).startsWith("HTTP/1.1 101 ");
            }
            assertThat(server.requests).hasValue(2);
        }
    }

    @Test
    void pingsASilentTunnelAndHearsItsServer() throws Exception {
        WebSockets policy = WebSockets.defaults().keepAlive(Duration.ofSeconds(1));
        try (EchoServer server = new EchoServer();
                TlsProxy proxy = started(server, policy);
                RawClient client = new RawClient(proxy)) {
            assertThat(client.ask(RawClient.PROPER, "")).startsWith("HTTP/1.1 101 ");
            for (int i = 0; i < 4; i++) {
                String ping = client.frame();
                assertThat(ping).startsWith("8908");
                client.send(Wire.fromClient(0x8a, ping.substring(4)));
            }
            assertThat(policy.counts().open()).isEqualTo(1);
            assertThat(server.closes).isEmpty();
        }
    }

    @Test
    void aDrainClosesBothSides() throws Exception {
        try (EchoServer server = new EchoServer();
                TlsProxy proxy = started(server, WebSockets.defaults());
                RawClient client = new RawClient(proxy)) {
            assertThat(client.ask(RawClient.PROPER, "")).startsWith("HTTP/1.1 101 ");
            Thread closing = new Thread(proxy::close);
            closing.start();

            assertThat(client.frame()).isEqualTo(closeToClient(1001, "proxy closes"));
            client.send(Wire.fromClient(0x88, Wire.close(1001, "")));
            assertThat(client.ended()).isTrue();
            assertThat(server.closes.poll(10, TimeUnit.SECONDS)).isEqualTo(1001);
            client.leave();
            closing.join(10_000);
        }
    }

    private static TlsProxy started(EchoServer server, WebSockets policy) {
        return started(server.uri(), policy);
    }

    static TlsProxy started(String upstream, WebSockets policy) {
        TlsProxy proxy = builder()
                .route(Route.of("live.localhost").to(upstream).upgrades(policy))
                .build();
        proxy.start();
        return proxy;
    }

    static TlsProxyBuilder builder() {
        return TlsProxy.builder().https(ANY_PORT).withoutHttp().store(CertificateStore.inMemory());
    }
}
