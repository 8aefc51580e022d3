package dev.tlsproxy;

import static dev.tlsproxy.testing.TunnelEnds.SWITCHING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.spi.ExchangeSummary;
import dev.tlsproxy.testing.StreamingUpstream;
import dev.tlsproxy.testing.TunnelEnds;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A tunnel without a filter: what of one end arrives at the other, its end included. */
@Timeout(60)
class TunnelIT {

    private TunnelEnds ends;
    private LocalProxy local;

    @BeforeEach
    void start() throws Exception {
        ends = new TunnelEnds();
        local = LocalProxy.started(
                LocalProxy.builder().route(LocalProxy.HOST, ends.uri()).ioThreads(1));
    }

    @AfterEach
    void stop() throws Exception {
        local.close();
        ends.close();
    }

    @Test
    void bytesSentRightBehindEitherHandshakeArriveInOrder() throws Exception {
        try (TunnelEnds.Client client = client()) {
            client.send(TunnelEnds.upgrade(local.authority()) + "EAGER");
            try (Socket upstream = ends.accept()) {
                TunnelEnds.write(upstream, SWITCHING + "EARLY");
                TunnelEnds.write(upstream, "LATER");
                client.send("AFTER");

                assertThat(StreamingUpstream.readHead(client.tls().getInputStream()))
                        .startsWith("HTTP/1.1 101 ");
                assertThat(client.read(10)).isEqualTo("EARLYLATER");
                assertThat(TunnelEnds.read(upstream, 10)).isEqualTo("EAGERAFTER");
            }
        }
    }

    @Test
    void countsTheBytesOfEachSide() throws Exception {
        try (TunnelEnds.Client client = client();
                Socket upstream = open(client)) {
            client.send("12345");
            assertThat(TunnelEnds.read(upstream, 5)).isEqualTo("12345");
            TunnelEnds.write(upstream, "123456789");
            assertThat(client.read(9)).isEqualTo("123456789");
        }
        ExchangeSummary summary = local.ended.poll(10, TimeUnit.SECONDS);
        assertThat(summary.upgraded()).isTrue();
        assertThat(summary.requestBytes()).isEqualTo(5);
        assertThat(summary.responseBytes()).isEqualTo(9);
    }

    @Test
    void endOfTheUpstreamIsCloseNotifyToTheClient() throws Exception {
        try (TunnelEnds.Client client = strictClient();
                Socket upstream = open(client)) {
            TunnelEnds.write(upstream, "last");
            upstream.shutdownOutput();

            assertThat(client.read(4)).isEqualTo("last");
            assertThat(client.tls().getInputStream().read()).isEqualTo(-1);
            client.tls().close();
            assertThat(upstream.getInputStream().read()).isEqualTo(-1);
        }
        awaitEnd();
    }

    /** A reset would take away what the client has not read yet; the JDK's TLS does so itself when a write fails. */
    @Test
    void clientThatStillSendsAfterTheEndIsNotReset() throws Exception {
        try (TunnelEnds.Client client = client();
                Socket upstream = open(client)) {
            TunnelEnds.write(upstream, "last");
            TunnelEnds.close(upstream);
            assertThat(client.read(4)).isEqualTo("last");
            assertThat(client.tls().getInputStream().read()).isEqualTo(-1);
            awaitEnd();

            for (int i = 0; i < 100; i++) {
                client.send("on its way");
            }
            assertThat(client.tcp().getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void clientThatNeverEndsItsSideIsLetGoAllTheSame() throws Exception {
        try (TunnelEnds.Client client = client();
                Socket upstream = open(client)) {
            TunnelEnds.close(upstream);
            assertThat(client.tls().getInputStream().read()).isEqualTo(-1);
            awaitEnd();

            Awaitility.await()
                    .atMost(10, TimeUnit.SECONDS)
                    .untilAsserted(() ->
                            assertThatThrownBy(() -> client.send("still here")).isInstanceOf(IOException.class));
        }
    }

    @Test
    void closeNotifyOfTheClientIsAnOrderlyEndToTheUpstream() throws Exception {
        try (TunnelEnds.Client client = client();
                Socket upstream = open(client)) {
            client.send("last");
            client.tls().shutdownOutput();

            assertThat(TunnelEnds.read(upstream, 4)).isEqualTo("last");
            assertThat(upstream.getInputStream().read()).isEqualTo(-1);
        }
        awaitEnd();
    }

    /** Bouncy Castle takes nothing to send after a close_notify: an upstream that does not end then would stay for ever. */
    @Test
    void tunnelWhoseClientHasEndedDoesNotOutliveItByLong() throws Exception {
        try (TunnelEnds.Client client = client();
                Socket upstream = open(client)) {
            client.tls().close();
            assertThat(upstream.getInputStream().read()).isEqualTo(-1);
            awaitEnd();
        }
    }

    @Test
    void resetOfTheClientResetsTheUpstream() throws Exception {
        try (TunnelEnds.Client client = client();
                Socket upstream = open(client)) {
            TunnelEnds.reset(client.tcp());

            assertReset(upstream);
        }
        awaitEnd();
    }

    @Test
    void clientConnectionCutWithoutCloseNotifyResetsTheUpstream() throws Exception {
        try (TunnelEnds.Client client = client();
                Socket upstream = open(client)) {
            client.tcp().shutdownOutput();

            assertReset(upstream);
        }
        awaitEnd();
    }

    @Test
    void resetOfTheUpstreamIsNoOrderlyEndToTheClient() throws Exception {
        try (TunnelEnds.Client client = strictClient();
                Socket upstream = open(client)) {
            TunnelEnds.reset(upstream);

            assertThatThrownBy(() -> client.tls().getInputStream().read())
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(SocketTimeoutException.class);
        }
        awaitEnd();
    }

    @Test
    void readsNoMoreThanTheOtherSideTakes() throws Exception {
        byte[] data = new byte[48 * 1024 * 1024];
        new Random(3).nextBytes(data);
        try (TunnelEnds.Client client = client();
                Socket upstream = open(client)) {
            AtomicLong written = new AtomicLong();
            CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> {
                try {
                    for (int i = 0; i < data.length; i += 64 * 1024) {
                        client.tls().getOutputStream().write(data, i, 64 * 1024);
                        written.addAndGet(64 * 1024);
                    }
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            AtomicLong before = new AtomicLong(-1);
            Awaitility.await()
                    .pollInterval(500, TimeUnit.MILLISECONDS)
                    .until(() -> before.getAndSet(written.get()) == written.get() && written.get() > 0);
            assertThat(written.get()).isLessThan(32L * 1024 * 1024);

            assertThat(upstream.getInputStream().readNBytes(data.length)).isEqualTo(data);
            writing.get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void passesLargeDataBothWaysAtOnce() throws Exception {
        byte[] data = new byte[8 * 1024 * 1024];
        new Random(4).nextBytes(data);
        try (TunnelEnds.Client client = client();
                Socket upstream = open(client)) {
            CompletableFuture<byte[]> up = reading(upstream, data.length);
            CompletableFuture<byte[]> down = reading(client.tls(), data.length);
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> write(upstream, data));
            write(client.tls(), data);

            assertThat(up.get(20, TimeUnit.SECONDS)).isEqualTo(data);
            assertThat(down.get(20, TimeUnit.SECONDS)).isEqualTo(data);
            sending.get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void busyTunnelLeavesItsThreadToOthers() throws Exception {
        try (TunnelEnds.Client busy = client();
                Socket sink = open(busy);
                TunnelEnds.Client other = client();
                Socket echo = open(other)) {
            byte[] data = new byte[1024 * 1024];
            AtomicLong moved = new AtomicLong();
            CompletableFuture<Void> flood = CompletableFuture.runAsync(() -> {
                try {
                    while (true) {
                        busy.tls().getOutputStream().write(data);
                    }
                } catch (IOException e) {
                    // the test is over
                }
            });
            CompletableFuture.runAsync(() -> {
                try {
                    byte[] buffer = new byte[1024 * 1024];
                    while (moved.addAndGet(sink.getInputStream().read(buffer)) >= 0) {
                        // counts
                    }
                } catch (IOException e) {
                    // the test is over
                }
            });
            Awaitility.await().until(() -> moved.get() > 4 * 1024 * 1024);

            for (int i = 0; i < 20; i++) {
                other.send("ping");
                assertThat(TunnelEnds.read(echo, 4)).isEqualTo("ping");
                TunnelEnds.write(echo, "pong");
                assertThat(other.read(4)).isEqualTo("pong");
            }
            assertThat(flood).isNotDone();
            busy.tcp().close();
        }
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

    private void awaitEnd() throws InterruptedException {
        ExchangeSummary summary = local.ended.poll(10, TimeUnit.SECONDS);
        assertThat(summary).as("the end of the tunnel").isNotNull();
        assertThat(summary.status()).isEqualTo(101);
    }

    private static void assertReset(Socket socket) {
        assertThatThrownBy(() -> socket.getInputStream().read())
                .isInstanceOf(SocketException.class)
                .hasMessage("Connection reset");
    }

    private static CompletableFuture<byte[]> reading(Socket from, int length) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return from.getInputStream().readNBytes(length);
            } catch (IOException e) {
                return e.toString().getBytes(StandardCharsets.UTF_8);
            }
        });
    }

    private static void write(Socket to, byte[] data) {
        try {
            to.getOutputStream().write(data);
            to.getOutputStream().flush();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
