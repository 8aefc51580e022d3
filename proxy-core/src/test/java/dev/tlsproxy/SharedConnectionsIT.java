package dev.tlsproxy;

import static dev.tlsproxy.testing.Http2Upstream.DATA;
import static dev.tlsproxy.testing.Http2Upstream.END_STREAM;
import static dev.tlsproxy.testing.Http2Upstream.GOAWAY;
import static dev.tlsproxy.testing.Http2Upstream.HEADERS;
import static dev.tlsproxy.testing.Http2Upstream.RST_STREAM;
import static dev.tlsproxy.testing.Http2Upstream.SETTINGS;
import static dev.tlsproxy.testing.Http2Upstream.WINDOW_UPDATE;
import static dev.tlsproxy.testing.Http2Upstream.answering;
import static dev.tlsproxy.testing.Http2Upstream.frame;
import static dev.tlsproxy.testing.Http2Upstream.ints;
import static dev.tlsproxy.testing.Http2Upstream.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tlsproxy.internal.http.H2Client;
import dev.tlsproxy.testing.Http2Upstream;
import dev.tlsproxy.testing.Http2Upstream.Connection;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections of HTTP/2 to upstreams, which requests share: windows, cancels, what is sent again. */
@Timeout(60)
class SharedConnectionsIT {

    @Test
    void bodyGoesAsFastAsTheWindowsOpen() throws Exception {
        AtomicLong received = new AtomicLong();
        try (Http2Upstream up = Http2Upstream.with(new int[] {4, 10}, (connection, frame) -> {
                    int length = frame.payload().length;
                    if (frame.type() != DATA) {
                        return;
                    }
                    received.addAndGet(length);
                    if (frame.endsStream()) {
                        connection.ok(frame.stream(), Long.toString(received.get()));
                    } else if (received.get() == 10) {
                        connection.send(SETTINGS, 0, 0, settings(4, 5, 5, 20_000)); // five less than none
                        connection.send(WINDOW_UPDATE, 0, frame.stream(), ints(6));
                    } else if (received.get() == 11) {
                        connection.send(SETTINGS, 0, 0, settings(4, 1 << 20));
                    } else {
                        connection.send(WINDOW_UPDATE, 0, 0, ints(length));
                    }
                });
                LocalProxy local = LocalProxy.to(up.uri())) {
            HttpResponse<String> response = local.client(Version.HTTP_2)
                    .send(
                            local.request("/")
                                    .POST(BodyPublishers.ofByteArray(new byte[600_000]))
                                    .build(),
                            BodyHandlers.ofString());
            assertThat(response.body()).isEqualTo("600000");
        }
    }

    @Test
    void clientThatDoesNotReadStopsItsStreamAndNoOther() throws Exception {
        AtomicLong sent = new AtomicLong();
        AtomicLong window = new AtomicLong(256 * 1024);
        try (Http2Upstream up = Http2Upstream.talking((connection, frame) -> {
                    if (frame.type() == WINDOW_UPDATE && frame.stream() == 1) {
                        window.addAndGet(frame.code());
                    }
                    if (frame.type() == HEADERS && frame.stream() > 1) {
                        connection.ok(frame.stream(), "fine");
                    } else if (frame.type() == HEADERS) {
                        connection.head(1, 0, ":status", "200");
                    }
                    while (!connection.heads.isEmpty() && window.get() - sent.get() >= 16384) {
                        connection.send(DATA, 0, 1, new byte[16384]);
                        sent.addAndGet(16384);
                    }
                });
                LocalProxy local = LocalProxy.to(up.uri());
                H2Client client = local.http2()) {
            client.frame(WINDOW_UPDATE, 0, 0, ints(1 << 24)); // of the connection; that of the stream stays at 65,535
            client.headers(1, H2Client.END_STREAM, local.fields("GET", "/stalled"));
            await().until(() -> sent.get() >= 256 * 1024);
            for (int i = 3; i < 60; i += 2) {
                client.headers(i, H2Client.END_STREAM, local.fields("GET", "/other"));
                assertThat(client.response(i)).containsEntry("body", "fine");
            }
            assertThat(up.connections).hasSize(1);
            assertThat(sent)
                    .as("the windows of both sides, and what is on the way")
                    .hasValueLessThan(700 * 1024);
        }
    }

    @Test
    void clientThatLeavesCancelsItsStreamWithinASecond() throws Exception {
        try (Http2Upstream up = Http2Upstream.talking(answering((connection, frame) ->
                        connection.head(frame.stream(), 0, ":status", "200").data(frame.stream(), 0, "x")));
                LocalProxy local = LocalProxy.to(up.uri())) {
            try (InputStream body = local.client(Version.HTTP_2)
                    .send(local.request("/").build(), BodyHandlers.ofInputStream())
                    .body()) {
                assertThat(body.read()).isEqualTo('x');
            }
            long left = System.nanoTime();
            assertThat(up.connections.get(0).next(RST_STREAM).code()).isEqualTo(8);
            assertThat(System.nanoTime() - left).isLessThan(TimeUnit.SECONDS.toNanos(1));
            assertThat(up.connections.get(0).isEnded()).isFalse();
        }
    }

    @Test
    void requestsShareAConnectionUpToTheUpstreamsLimit() throws Exception {
        Semaphore go = new Semaphore(0);
        AtomicInteger waiting = new AtomicInteger();
        try (Http2Upstream up = Http2Upstream.with(new int[] {3, 10}, answering((connection, frame) -> {
                    waiting.incrementAndGet();
                    CompletableFuture.runAsync(
                            () -> {
                                go.acquireUninterruptibly();
                                try {
                                    connection.ok(frame.stream(), "fine");
                                } catch (java.io.IOException e) {
                                    throw new java.io.UncheckedIOException(e);
                                }
                            },
                            task -> new Thread(task).start());
                }));
                LocalProxy local = LocalProxy.to(up.uri())) {
            HttpClient client = local.client(Version.HTTP_2);
            go.release(); // first, so that the client has a connection, and all others come on that one's thread
            client.send(local.request("/first").build(), BodyHandlers.ofString());
            List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
            for (int i = 0; i < 25; i++) {
                all.add(client.sendAsync(local.request("/" + i).build(), BodyHandlers.ofString()));
            }
            await().until(() -> waiting.get() == 26);
            assertThat(up.connections).hasSize(3);
            go.release(25);
            for (CompletableFuture<HttpResponse<String>> one : all) {
                assertThat(one.get(10, TimeUnit.SECONDS).body()).isEqualTo("fine");
            }
        }
    }

    /** Else the upstream ends it for a rapid reset, and what others have on it. */
    @Test
    void cancelledRequestsMakeAConnectionRest() throws Exception {
        try (Http2Upstream up = Http2Upstream.talking((connection, frame) -> {});
                LocalProxy local = LocalProxy.to(up.uri());
                H2Client client = local.http2()) {
            int stream = 1;
            for (; stream < 180; stream += 2) {
                client.headers(stream, H2Client.END_STREAM, local.fields("GET", "/"));
            }
            await().until(() ->
                    !up.connections.isEmpty() && up.connections.get(0).heads.size() == 90);
            for (int i = 1; i < stream; i += 2) {
                client.reset(i);
            }
            for (int i = 1; i < stream; i += 2) {
                assertThat(up.connections.get(0).next(RST_STREAM).code()).isEqualTo(8);
            }
            client.headers(stream, H2Client.END_STREAM, local.fields("GET", "/"));
            await().until(() ->
                    up.connections.size() == 2 && up.connections.get(1).heads.size() == 1);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void requestThatWasNotProcessedIsSentAgainWithItsBody(boolean goAway) throws Exception {
        AtomicInteger requests = new AtomicInteger();
        AtomicLong content = new AtomicLong();
        try (Http2Upstream up = Http2Upstream.talking((connection, frame) -> {
                    if (frame.type() == DATA && requests.get() > 0) {
                        content.addAndGet(frame.payload().length);
                    }
                    if (!frame.endsStream()) {
                        return;
                    }
                    if (requests.incrementAndGet() > 1) {
                        connection.ok(frame.stream(), "sent again, " + content.get());
                    } else if (goAway) {
                        connection.send(GOAWAY, 0, 0, ints(0, 0));
                    } else {
                        connection.send(RST_STREAM, 0, frame.stream(), ints(7));
                    }
                });
                LocalProxy local = LocalProxy.to(up.uri())) {
            assertThat(post(local, 10_000).body()).isEqualTo("sent again, 10000");
            assertThat(up.connections).hasSize(2);
        }
    }

    /** Its connection may be dead without a sign: the requests of others must not wait for it too. */
    @Test
    void connectionOfARequestThatTimedOutTakesNoMore() throws Exception {
        try (Http2Upstream up = Http2Upstream.talking(answering((connection, frame) -> {
                    if (!connection.heads.get(0).get(":path").equals("/silent")) {
                        connection.ok(frame.stream(), "fine");
                    }
                }));
                LocalProxy local = LocalProxy.started(LocalProxy.builder()
                        .route(Route.of(LocalProxy.HOST).to(up.uri()).responseTimeout(Duration.ofMillis(300))))) {
            HttpClient client = local.client(Version.HTTP_2);
            assertThat(client.send(local.request("/silent").build(), BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(504);
            assertThat(client.send(local.request("/").build(), BodyHandlers.ofString())
                            .body())
                    .isEqualTo("fine");
            assertThat(up.connections).hasSize(2);
            await().until(up.connections.get(0)::isEnded);
        }
    }

    @Test
    void requestThatIsRefusedAgainAndAgainIs502() throws Exception {
        AtomicInteger requests = new AtomicInteger();
        try (Http2Upstream up = Http2Upstream.talking(answering((connection, frame) -> {
                    requests.incrementAndGet();
                    connection.send(RST_STREAM, 0, frame.stream(), ints(7));
                }));
                LocalProxy local = LocalProxy.to(up.uri())) {
            HttpResponse<String> response = post(local, 10);
            assertThat(response.statusCode()).isEqualTo(502);
            assertThat(response.body()).isEqualTo("502 Bad Gateway: upstream reset the request\n");
            assertThat(requests).hasValue(4);
        }
    }

    @Test
    void requestThatMayHaveBeenProcessedIsNotSentAgain() throws Exception {
        AtomicInteger requests = new AtomicInteger();
        try (Http2Upstream up = Http2Upstream.talking(answering((connection, frame) -> {
                    requests.incrementAndGet();
                    connection.send(RST_STREAM, 0, frame.stream(), ints(2));
                }));
                LocalProxy local = LocalProxy.to(up.uri())) {
            assertThat(post(local, 10).statusCode()).isEqualTo(502);
            assertThat(get(local, "/").statusCode()).isEqualTo(502);
            assertThat(requests).hasValue(2);
        }
    }

    @Test
    void keptConnectionThatTheUpstreamClosedIsReplaced() throws Exception {
        try (Http2Upstream up =
                        Http2Upstream.talking(answering((connection, frame) -> connection.ok(frame.stream(), "fine")));
                LocalProxy local = LocalProxy.to(up.uri())) {
            for (int i = 0; i < 5; i++) {
                assertThat(post(local, 10).body()).isEqualTo("fine");
                up.connections.get(i).close();
                await().until(up.connections.get(i)::isEnded);
            }
            assertThat(up.connections).hasSize(5);
        }
    }

    @Test
    void responseBeforeTheEndOfTheRequestIsWholeWhereTheRestIsNotWanted() throws Exception {
        try (Http2Upstream up = Http2Upstream.talking((connection, frame) -> {
                    if (frame.type() == HEADERS) {
                        connection
                                .head(frame.stream(), 0, ":status", "413")
                                .data(frame.stream(), END_STREAM, "too large");
                        connection.send(RST_STREAM, 0, frame.stream(), ints(0));
                    }
                });
                LocalProxy local = LocalProxy.to(up.uri())) {
            HttpResponse<String> response = post(local, 1_000_000);
            assertThat(response.statusCode()).isEqualTo(413);
            assertThat(response.body()).isEqualTo("too large");
        }
    }

    @Test
    void connectionWithoutARequestIsEndedAfterThreeSeconds() throws Exception {
        try (Http2Upstream up =
                        Http2Upstream.talking(answering((connection, frame) -> connection.ok(frame.stream(), "fine")));
                LocalProxy local = LocalProxy.to(up.uri())) {
            get(local, "/");
            long idle = System.nanoTime();
            Connection connection = up.connections.get(0);
            assertThat(connection.next(GOAWAY).goAwayCode()).isZero();
            assertThat(Duration.ofNanos(System.nanoTime() - idle))
                    .isBetween(Duration.ofMillis(2500), Duration.ofSeconds(6));
            await().until(connection::isEnded);
        }
    }

    private static HttpResponse<String> get(LocalProxy local, String path) throws Exception {
        return local.client(Version.HTTP_2).send(local.request(path).build(), BodyHandlers.ofString());
    }

    private static HttpResponse<String> post(LocalProxy local, int length) throws Exception {
        return local.client(Version.HTTP_2)
                .send(
                        local.request("/")
                                .POST(BodyPublishers.ofByteArray(new byte[length]))
                                .build(),
                        BodyHandlers.ofString());
    }
}
