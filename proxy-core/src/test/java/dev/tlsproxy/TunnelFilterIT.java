package dev.tlsproxy;

import static dev.tlsproxy.testing.TunnelEnds.SWITCHING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.spi.Tunnel;
import dev.tlsproxy.spi.UpgradeHandler;
import dev.tlsproxy.testing.StreamingUpstream;
import dev.tlsproxy.testing.TunnelEnds;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A filter in a tunnel, and the handler's refusals. */
@Timeout(60)
class TunnelFilterIT {

    private TunnelEnds ends;
    private LocalProxy local;

    @BeforeEach
    void start() throws Exception {
        ends = new TunnelEnds();
    }

    @AfterEach
    void stop() throws Exception {
        local.close();
        ends.close();
    }

    @Test
    void seesEveryByteAndBothEndsAndHearsOfTheEndOnce() throws Exception {
        RecordingFilter filter = start(new RecordingFilter());
        try (TunnelEnds.Client client = client()) {
            client.send(TunnelEnds.upgrade(local.authority()) + "EAGER");
            try (Socket upstream = ends.accept()) {
                TunnelEnds.write(upstream, SWITCHING + "EARLY");
                StreamingUpstream.readHead(client.tls().getInputStream());
                assertThat(client.read(5)).isEqualTo("EARLY");
                assertThat(TunnelEnds.read(upstream, 5)).isEqualTo("EAGER");
                client.tls().shutdownOutput();
                assertThat(upstream.getInputStream().read()).isEqualTo(-1);
            }
        }
        assertCalls(
                filter,
                "opened websocket",
                "CLIENT EAGER",
                "UPSTREAM EARLY",
                "CLIENT ended",
                "UPSTREAM ended",
                "closed");
    }

    @Test
    void onlyWhatItSendsArrivesAndItMayInject() throws Exception {
        start(new RecordingFilter() {
            @Override
            public void received(Tunnel.Side from, ByteBuffer bytes) {
                tunnel.send(from.other(), latin1("<"));
                tunnel.send(from, latin1("!"));
                bytes.get();
                tunnel.send(from.other(), bytes);
                tunnel.send(from.other(), latin1(">"));
                assertThat(bytes.hasRemaining()).isFalse();
            }
        });
        try (TunnelEnds.Client client = client();
                Socket upstream = open(client)) {
            client.send("xyz");
            assertThat(TunnelEnds.read(upstream, 4)).isEqualTo("<yz>");
            assertThat(client.read(1)).isEqualTo("!");
        }
    }

    @Test
    void endsOneSideAfterWhatWasSentAndStillReadsIt() throws Exception {
        RecordingFilter filter = start(new RecordingFilter());
        try (TunnelEnds.Client client = client();
                Socket upstream = open(client)) {
            onThread(filter, () -> {
                filter.tunnel.send(Tunnel.Side.UPSTREAM, latin1("bye"));
                filter.tunnel.end(Tunnel.Side.UPSTREAM);
                filter.tunnel.send(Tunnel.Side.UPSTREAM, latin1("never"));
            });
            assertThat(TunnelEnds.read(upstream, 10)).isEqualTo("bye");
            TunnelEnds.write(upstream, "still");
            assertThat(client.read(5)).isEqualTo("still");
        }
    }

    /** Such as the close frame of a server that closes its socket with bytes of the client unread. */
    @Test
    void whatAnUpstreamSentBeforeItsResetArrivesThoughTheResetIsSeenFirst() throws Exception {
        CompletableFuture<Void> written = new CompletableFuture<>();
        CompletableFuture<Void> reset = new CompletableFuture<>();
        start(new RecordingFilter() {
            @Override
            public void received(Tunnel.Side from, ByteBuffer bytes) {
                if (from == Tunnel.Side.CLIENT) {
                    written.complete(null);
                    reset.orTimeout(10, TimeUnit.SECONDS).join();
                }
                tunnel.send(from.other(), bytes);
            }
        });
        try (TunnelEnds.Client client = strictClient();
                Socket upstream = open(client)) {
            client.send("too late");
            written.get(10, TimeUnit.SECONDS);
            TunnelEnds.write(upstream, "goodbye");
            TunnelEnds.reset(upstream);
            reset.complete(null);

            assertThat(client.read(7)).isEqualTo("goodbye");
            assertThatThrownBy(() -> client.tls().getInputStream().read())
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void closesBothSides() throws Exception {
        RecordingFilter filter = start(new RecordingFilter());
        try (TunnelEnds.Client client = strictClient();
                Socket upstream = open(client)) {
            onThread(filter, () -> {
                filter.tunnel.after(Duration.ZERO, () -> filter.calls.add("ran after the end"));
                filter.tunnel.close();
                filter.tunnel.after(Duration.ZERO, () -> filter.calls.add("ran after the end"));
                filter.tunnel.send(Tunnel.Side.CLIENT, latin1("never"));
            });
            assertThat(upstream.getInputStream().read()).isEqualTo(-1);
            assertThatThrownBy(() -> client.tls().getInputStream().read()).isInstanceOf(IOException.class);
        }
        assertCalls(filter, "opened websocket", "closed");
    }

    @Test
    void runsTasksLaterUnlessTheyAreCancelled() throws Exception {
        RecordingFilter filter = start(new RecordingFilter());
        try (TunnelEnds.Client client = client();
                Socket upstream = open(client)) {
            long before = System.nanoTime();
            onThread(filter, () -> {
                filter.tunnel.after(Duration.ofMillis(200), () -> filter.calls.add("second"));
                filter.tunnel
                        .after(Duration.ofMillis(100), () -> filter.calls.add("cancelled"))
                        .run();
                filter.tunnel.after(Duration.ofMillis(50), () -> filter.calls.add("first"));
                filter.tunnel.after(Duration.ofSeconds(Long.MAX_VALUE), () -> filter.calls.add("never"));
            });
            assertCalls(filter, "opened websocket", "first", "second");
            assertThat(System.nanoTime() - before).isGreaterThanOrEqualTo(200_000_000);
            assertThat(upstream.isConnected()).isTrue();
        }
        assertCalls(filter, "CLIENT ended|UPSTREAM ended", "CLIENT ended|UPSTREAM ended", "closed");
    }

    @Test
    void whatItThrowsClosesTheTunnel() throws Exception {
        RecordingFilter filter = start(new RecordingFilter() {
            @Override
            public void received(Tunnel.Side from, ByteBuffer bytes) {
                throw new IllegalStateException("a filter's mistake");
            }
        });
        try (TunnelEnds.Client client = strictClient();
                Socket upstream = open(client)) {
            client.send("x");
            assertThat(upstream.getInputStream().read()).isEqualTo(-1);
            assertThatThrownBy(() -> client.tls().getInputStream().read())
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(SocketTimeoutException.class);
        }
        assertCalls(filter, "opened websocket", "closed");
    }

    @Test
    void hearsOfTheEndWhenTheClientResets() throws Exception {
        RecordingFilter filter = start(new RecordingFilter());
        try (TunnelEnds.Client client = client();
                Socket upstream = open(client)) {
            TunnelEnds.reset(client.tcp());
            assertThatThrownBy(() -> upstream.getInputStream().read()).hasMessage("Connection reset");
        }
        assertCalls(filter, "opened websocket", "closed");
    }

    @Test
    void hearsOfAnUpgradeThatTheUpstreamRefuses() throws Exception {
        RecordingFilter filter = start(new RecordingFilter());
        try (TunnelEnds.Client client = client()) {
            client.send(TunnelEnds.upgrade(local.authority()));
            try (Socket upstream = ends.accept()) {
                TunnelEnds.write(upstream, "HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno");
                assertThat(StreamingUpstream.readHead(client.tls().getInputStream()))
                        .startsWith("HTTP/1.1 400 ");
                assertThat(client.read(2)).isEqualTo("no");
                assertCalls(filter, "closed");
            }
        }
    }

    @Test
    void hearsOfAnUpgradeThatFails() throws Exception {
        RecordingFilter filter = start(new RecordingFilter());
        try (TunnelEnds.Client client = client()) {
            client.send(TunnelEnds.upgrade(local.authority()));
            ends.accept().close();
            assertThat(StreamingUpstream.readHead(client.tls().getInputStream()))
                    .startsWith("HTTP/1.1 502 ");
            assertCalls(filter, "closed");
        }
    }

    @Test
    void hearsOfAnUpgradeThatTimesOut() throws Exception {
        RecordingFilter filter = start(new RecordingFilter());
        try (TunnelEnds.Client client = client()) {
            client.send(TunnelEnds.upgrade(local.authority()));
            try (Socket upstream = ends.accept()) {
                assertThat(StreamingUpstream.readHead(client.tls().getInputStream()))
                        .startsWith("HTTP/1.1 504 ");
                assertCalls(filter, "closed");
                assertThat(upstream.getInputStream().read()).isEqualTo(-1);
            }
        }
    }

    @Test
    void hearsOfAClientThatLeavesBeforeTheAnswer() throws Exception {
        RecordingFilter filter = start(new RecordingFilter());
        try (TunnelEnds.Client client = client()) {
            client.send(TunnelEnds.upgrade(local.authority()));
            try (Socket upstream = ends.accept()) {
                TunnelEnds.reset(client.tcp());
                TunnelEnds.write(upstream, SWITCHING + "to nobody");
                assertThat(filter.calls.poll(10, TimeUnit.SECONDS)).isIn("closed", "opened websocket");
            }
        }
    }

    @Test
    void refusalCarriesItsFields() throws Exception {
        deciding(exchange -> UpgradeHandler.Decision.refuse(400, "version", Map.of("Sec-WebSocket-Version", "13")));

        String head = refused();

        assertThat(head).startsWith("HTTP/1.1 400 Bad Request\r\n").contains("\r\nSec-WebSocket-Version: 13\r\n");
        assertThat(head).doesNotContain("Upgrade");
    }

    /** RFC 9110 sections 15.5.22 and 7.8. */
    @Test
    void refusalWith426NamesTheProtocol() throws Exception {
        deciding(exchange -> UpgradeHandler.Decision.refuse(426, "version", Map.of("Sec-WebSocket-Version", "13")));

        assertThat(refused())
                .startsWith("HTTP/1.1 426 Upgrade Required\r\n")
                .contains("\r\nUpgrade: websocket\r\n", "\r\nConnection: Upgrade\r\n")
                .contains("\r\nSec-WebSocket-Version: 13\r\n");
    }

    @Test
    void refusalWithAFieldThatCannotBeSentIsA500() throws Exception {
        deciding(exchange -> UpgradeHandler.Decision.refuse(403, "no", Map.of("X-Reason", "a\r\nSet-Cookie: b")));

        assertThat(refused()).startsWith("HTTP/1.1 500 ").doesNotContain("Set-Cookie");
    }

    @Test
    void closingTheProxyDrainsAtOnceAndWaitsForTheFilter() throws Exception {
        RecordingFilter filter = start(new RecordingFilter() {
            @Override
            public void drain(Tunnel.DrainReason reason, Duration within) {
                super.drain(reason, within);
                tunnel.send(Tunnel.Side.CLIENT, latin1("bye"));
                tunnel.after(Duration.ofMillis(300), () -> {
                    tunnel.end(Tunnel.Side.CLIENT);
                    tunnel.end(Tunnel.Side.UPSTREAM);
                });
            }
        });
        try (TunnelEnds.Client client = strictClient();
                Socket upstream = open(client)) {
            long before = System.nanoTime();
            CompletableFuture<Void> closing = CompletableFuture.runAsync(local.proxy::close);
            assertThat(client.read(3)).isEqualTo("bye");
            assertThat(client.tls().getInputStream().read()).isEqualTo(-1);
            assertThat(upstream.getInputStream().read()).isEqualTo(-1);
            client.tls().close();
            upstream.shutdownOutput();
            closing.get(9, TimeUnit.SECONDS);
            assertThat(System.nanoTime() - before)
                    .isBetween(
                            Duration.ofMillis(300).toNanos(),
                            Duration.ofSeconds(8).toNanos());
        }
        assertCalls(
                filter,
                "opened websocket",
                "PROXY_CLOSES 10|PROXY_CLOSES 9",
                "CLIENT ended|UPSTREAM ended",
                "CLIENT ended|UPSTREAM ended",
                "closed");
    }

    private <T extends RecordingFilter> T start(T filter) {
        deciding(exchange -> UpgradeHandler.Decision.pass(filter));
        return filter;
    }

    private void deciding(UpgradeHandler handler) {
        local = LocalProxy.started(LocalProxy.builder()
                .ioThreads(1)
                .route(Route.of(LocalProxy.HOST)
                        .to(ends.uri())
                        .responseTimeout(Duration.ofSeconds(1))
                        .upgrades(handler)));
    }

    /** Bouncy Castle's TLS does not take the end of a connection for the end of the stream, as the JDK's does. */
    private TunnelEnds.Client strictClient() throws Exception {
        return ends.client(
                local.proxy.trustedSslContext(), local.proxy.addresses().https(), LocalProxy.HOST);
    }

    private TunnelEnds.Client client() throws Exception {
        return ends.client(
                local.proxy.localCaCertificate().orElseThrow(),
                local.proxy.addresses().https(),
                LocalProxy.HOST);
    }

    private Socket open(TunnelEnds.Client client) throws IOException {
        client.send(TunnelEnds.upgrade(local.authority()));
        Socket upstream = ends.accept();
        TunnelEnds.write(upstream, SWITCHING);
        assertThat(StreamingUpstream.readHead(client.tls().getInputStream())).startsWith("HTTP/1.1 101 ");
        return upstream;
    }

    private String refused() throws Exception {
        try (TunnelEnds.Client client = client()) {
            client.send(TunnelEnds.upgrade(local.authority()));
            return StreamingUpstream.readHead(client.tls().getInputStream());
        }
    }

    /** Runs something where a filter would: the tunnel's own thread. */
    private static void onThread(RecordingFilter filter, Runnable task) throws InterruptedException {
        org.awaitility.Awaitility.await().until(() -> filter.tunnel != null);
        filter.tunnel.after(Duration.ZERO, task);
    }

    private static void assertCalls(RecordingFilter filter, String... expected) throws InterruptedException {
        for (String call : expected) {
            assertThat(filter.calls.poll(10, TimeUnit.SECONDS)).isIn((Object[]) call.split("\\|"));
        }
        assertThat(filter.calls.poll(100, TimeUnit.MILLISECONDS)).isNull();
    }

    private static ByteBuffer latin1(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}
