package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.internal.http.H2Client;
import dev.tlsproxy.internal.http.H2Client.Frame;
import dev.tlsproxy.testing.EchoListener;
import dev.tlsproxy.testing.RawUpstream;
import dev.tlsproxy.testing.WebSocketAnswer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How clients learn that a proxy closes, and what it says of its end. */
@Timeout(60)
class DrainIT {

    private static final int DATA = 0;
    private static final int PING = 6;
    private static final int GOAWAY = 7;
    private static final int ACK = 1;

    private final CountDownLatch answer = new CountDownLatch(1);

    /** Answers {@code /slow} when told. */
    private RawUpstream upstream() throws IOException {
        return RawUpstream.answering((request, connection) -> {
            if (request.target().equals("/slow")) {
                await(answer);
            }
            RawUpstream.write(connection, RawUpstream.ok("done"));
        });
    }

    @Test
    void http2ClientIsToldFirstAndItsStreamsFinishEvenOneThatWasOnItsWay() throws Exception {
        try (RawUpstream upstream = upstream();
                LocalProxy local = LocalProxy.to(upstream.uri());
                H2Client client = local.http2()) {
            client.headers(1, H2Client.END_STREAM, local.fields("GET", "/slow"));
            Awaitility.await().until(() -> upstream.requests().size() == 1);
            String[] late = local.fields("GET", "/");

            CompletableFuture<CloseReport> closing =
                    CompletableFuture.supplyAsync(() -> local.proxy.close(Duration.ofSeconds(10)));
            Frame announced = next(client, GOAWAY);
            assertThat(lastStream(announced)).isEqualTo(Integer.MAX_VALUE);
            assertThat(errorCode(announced)).isZero();
            client.headers(3, H2Client.END_STREAM, late); // sent before the GOAWAY was read
            Frame ping = next(client, PING);
            client.frame(PING, ACK, 0, ping.payload());
            assertThat(text(next(client, DATA))).isEqualTo("done");
            answer.countDown();
            assertThat(text(next(client, DATA))).isEqualTo("done");
            Frame last = next(client, GOAWAY);
            assertThat(lastStream(last)).isEqualTo(3);
            assertThat(errorCode(last)).isZero();
            assertThatThrownBy(client::nextFrame).isInstanceOf(IOException.class);

            assertThat(closing.get(10, TimeUnit.SECONDS)).isEqualTo(new CloseReport(2, 0, 0, 0));
        }
    }

    @Test
    void idleConnectionsEndAtOnce() throws Exception {
        try (RawUpstream upstream = upstream();
                LocalProxy local = LocalProxy.to(upstream.uri());
                RawTlsClient used = local.http1();
                RawTlsClient busy = local.http1();
                H2Client http2 = local.http2()) {
            String host = " HTTP/1.1\r\nHost: " + used.authority() + "\r\n\r\n";
            used.send("GET /" + host);
            assertThat(used.readResponse()).endsWith("done");
            busy.send("GET /slow" + host);
            http2.headers(1, H2Client.END_STREAM, local.fields("GET", "/"));
            assertThat(http2.response(1)).containsEntry("body", "done");
            Awaitility.await().until(() -> upstream.requests().size() == 3);

            CompletableFuture<CloseReport> closing =
                    CompletableFuture.supplyAsync(() -> local.proxy.close(Duration.ofSeconds(10)));

            assertThat(used.readToEnd()).isEmpty();
            next(http2, GOAWAY);
            http2.frame(PING, ACK, 0, next(http2, PING).payload());
            assertThat(lastStream(next(http2, GOAWAY))).isEqualTo(1);
            assertThatThrownBy(http2::nextFrame).isInstanceOf(IOException.class);
            assertThat(closing).as("the busy one is waited for").isNotDone();
            answer.countDown();
            assertThat(busy.readResponse()).contains("Connection: close").endsWith("done");
            assertThat(closing.get(10, TimeUnit.SECONDS)).isEqualTo(new CloseReport(1, 0, 0, 0));
        }
    }

    @Test
    void tellsWhatWasCut() throws Exception {
        try (RawUpstream upstream = upstream();
                RawUpstream echo = RawUpstream.answering(new WebSocketAnswer());
                LocalProxy local = LocalProxy.started(LocalProxy.builder()
                        .route(LocalProxy.HOST, upstream.uri())
                        .route(LocalProxy.HOST + "/ws", echo.uri()));
                RawTlsClient hangs = local.http1()) {
            hangs.send("GET /slow HTTP/1.1\r\nHost: " + hangs.authority() + "\r\n\r\n");
            local.client(HttpClient.Version.HTTP_1_1)
                    .newWebSocketBuilder()
                    .buildAsync(URI.create("wss://" + local.authority() + "/ws"), new EchoListener())
                    .get(10, TimeUnit.SECONDS);
            Awaitility.await().until(() -> upstream.requests().size() == 1);

            CloseReport report = CompletableFuture.supplyAsync(() -> local.proxy.close(Duration.ofMillis(300)))
                    .get(5, TimeUnit.SECONDS);

            assertThat(report).isEqualTo(new CloseReport(0, 1, 0, 1));
            assertThat(report).hasToString("exchanges finished 0, cut 1; tunnels closed 0, cut 1");
            assertThat(local.proxy.close(Duration.ZERO)).isEqualTo(new CloseReport(0, 0, 0, 0));
            answer.countDown();
        }
    }

    @Test
    void refusesADrainOutOfRange() {
        TlsProxy proxy = LocalProxy.builder()
                .route(LocalProxy.HOST, "http://127.0.0.1:1")
                .build();
        assertThatThrownBy(() -> proxy.close(Duration.ofSeconds(-1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("drain: PT-1S (expected: PT0S..PT24H)");
    }

    private static Frame next(H2Client client, int type) throws IOException {
        while (true) {
            Frame frame = client.nextFrame();
            if (frame.type() == type && !(type == DATA && frame.payload().length == 0)) {
                return frame;
            }
        }
    }

    private static int lastStream(Frame goAway) {
        return ByteBuffer.wrap(goAway.payload()).getInt();
    }

    private static int errorCode(Frame goAway) {
        return ByteBuffer.wrap(goAway.payload()).getInt(4);
    }

    private static String text(Frame data) {
        return new String(data.payload(), StandardCharsets.US_ASCII);
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            latch.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }
}
