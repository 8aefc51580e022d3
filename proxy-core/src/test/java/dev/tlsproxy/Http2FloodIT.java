package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tlsproxy.internal.http.H2Client;
import dev.tlsproxy.testing.RawUpstream;
import dev.tlsproxy.testing.StreamingUpstream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an HTTP/2 client can do to a connection, through real TLS: heads in pieces, and floods (case E19). */
@Timeout(30)
class Http2FloodIT {

    private static final int HEADERS = 1;
    private static final int CONTINUATION = 9;
    private static final int END_HEADERS = 4;
    private static final int GOAWAY = 7;
    private static final int PROTOCOL_ERROR = 1;
    private static final int RST_STREAM = 3;
    private static final int STREAM_CLOSED = 5;
    private static final int REFUSED_STREAM = 7;
    private static final int ENHANCE_YOUR_CALM = 11;
    private static final int MOST_RESETS = 200;

    private RawUpstream upstream;
    private LocalProxy local;

    @BeforeEach
    void start() throws IOException {
        upstream = RawUpstream.saying("ok");
        local = LocalProxy.to(upstream.uri());
    }

    @AfterEach
    void stop() throws IOException {
        local.close();
        upstream.close();
    }

    private byte[] block(String path) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        String[] fields = local.fields("GET", path);
        for (int i = 0; i < fields.length; i++) {
            if (i % 2 == 0) {
                block.write(0);
            }
            block.write(fields[i].length());
            block.writeBytes(fields[i].getBytes(StandardCharsets.US_ASCII));
        }
        return block.toByteArray();
    }

    private static void settled(H2Client client) throws IOException {
        client.frame(6, 0, 0, new byte[8]);
        while (client.nextFrame().type() != 6) {
            // the answer to the PING comes when all before it was read
        }
    }

    private static int goAway(H2Client client) throws IOException {
        while (true) {
            H2Client.Frame frame = client.nextFrame();
            if (frame.type() == GOAWAY) {
                return ByteBuffer.wrap(frame.payload()).getInt(4);
            }
        }
    }

    private void assertServesOthers() throws Exception {
        try (H2Client other = local.http2()) {
            other.headers(1, H2Client.END_STREAM, local.fields("GET", "/after"));
            assertThat(other.response(1)).containsEntry(":status", "200");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 40})
    void servesARequestWhoseHeadComesInSeveralFramesAndReads(int first) throws Exception {
        byte[] block = block("/in-pieces");
        try (H2Client client = local.http2()) {
            settled(client);
            client.frame(HEADERS, H2Client.END_STREAM, 1, Arrays.copyOf(block, first));
            client.frame(CONTINUATION, 0, 1, Arrays.copyOfRange(block, first, first + 3));
            // Each write is a TLS record of its own, and so a read.
            client.frame(CONTINUATION, END_HEADERS, 1, Arrays.copyOfRange(block, first + 3, block.length));
            assertThat(client.response(1)).containsEntry(":status", "200").containsEntry("body", "ok");
            client.headers(3, H2Client.END_STREAM, local.fields("GET", "/whole"));
            assertThat(client.response(3)).containsEntry(":status", "200");
        }
        assertThat(upstream.requests()).extracting(RawUpstream.Request::target).containsExactly("/in-pieces", "/whole");
    }

    @Test
    void servesAHeadOfMoreThanOneFullFrame() throws Exception {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(block("/large"));
        all.writeBytes(new byte[] {0, 1, 'x', 127});
        int length = 18_000 - 127;
        while (length >= 128) {
            all.write(length % 128 + 128);
            length /= 128;
        }
        all.write(length);
        all.writeBytes("y".repeat(18_000).getBytes(StandardCharsets.US_ASCII));
        byte[] block = all.toByteArray();
        try (H2Client client = local.http2()) {
            client.frame(HEADERS, H2Client.END_STREAM, 1, Arrays.copyOf(block, 16_384));
            client.frame(CONTINUATION, END_HEADERS, 1, Arrays.copyOfRange(block, 16_384, block.length));
            assertThat(client.response(1)).containsEntry(":status", "200");
        }
        assertThat(upstream.onlyRequest().header("x").orElseThrow()).hasSize(18_000);
    }

    /** RFC 9113 section 5.1: an error of that stream, not of the connection. grpc-java sends so now and then. */
    @Test
    void dataBehindTheClientsOwnResetIsAnErrorOfThatStreamOnly() throws Exception {
        try (H2Client client = local.http2()) {
            client.headers(1, 0, local.fields("POST", "/given-up"));
            client.reset(1);
            client.data(1, 0, "late");
            client.data(1, H2Client.END_STREAM, "later");
            H2Client.Frame frame = client.nextFrame();
            while (frame.type() != RST_STREAM) {
                frame = client.nextFrame();
            }
            assertThat(frame.stream()).isEqualTo(1);
            assertThat(ByteBuffer.wrap(frame.payload()).getInt()).isEqualTo(STREAM_CLOSED);
            settled(client);
            client.headers(3, H2Client.END_STREAM, local.fields("GET", "/next"));
            assertThat(client.response(3)).containsEntry(":status", "200");
        }
    }

    @Test
    void trailersInSeveralFramesEndTheBody() throws Exception {
        try (H2Client client = local.http2()) {
            client.headers(1, 0, local.fields("POST", "/trailers"));
            client.data(1, 0, "body");
            settled(client);
            client.frame(HEADERS, H2Client.END_STREAM, 1, new byte[] {0, 3, 'x', '-'});
            client.frame(CONTINUATION, END_HEADERS, 1, new byte[] {'t', 1, 'v'});
            assertThat(client.response(1)).containsEntry(":status", "200");
        }
        assertThat(upstream.onlyRequest().body()).asString().isEqualTo("body");
    }

    @Test
    void endsAFloodOfContinuations() throws Exception {
        try (H2Client client = local.http2()) {
            client.frame(HEADERS, H2Client.END_STREAM, 1, block("/"));
            for (int i = 0; i < 40; i++) {
                client.frame(CONTINUATION, 0, 1, new byte[1]);
            }
            assertThat(goAway(client)).isEqualTo(ENHANCE_YOUR_CALM);
        }
        assertServesOthers();
    }

    @Test
    void refusesAFrameOfAnotherStreamWithinAHead() throws Exception {
        try (H2Client client = local.http2()) {
            client.frame(HEADERS, H2Client.END_STREAM, 1, block("/"));
            client.headers(3, H2Client.END_STREAM, local.fields("GET", "/"));
            assertThat(goAway(client)).isEqualTo(PROTOCOL_ERROR);
        }
        assertThat(upstream.requests()).isEmpty();
    }

    /** Also where the header of the frame has come, but not all of it. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void endsAConnectionWhoseHeadIsNotWholeInTime(boolean wholeFrame) throws Exception {
        byte[] block = block("/");
        try (LocalProxy impatient = LocalProxy.started(LocalProxy.builder()
                        .route(LocalProxy.HOST, upstream.uri())
                        .timeouts(Timeouts.defaults().requestHead(Duration.ofMillis(500))));
                H2Client client = impatient.http2()) {
            settled(client);
            if (wholeFrame) {
                client.frame(HEADERS, H2Client.END_STREAM, 1, block);
            } else {
                client.raw(new byte[] {0, 0, 100, HEADERS, END_HEADERS, 0, 0, 0, 1, 0});
            }
            assertThat(goAway(client)).isEqualTo(ENHANCE_YOUR_CALM);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "PING, 6, 0, 8, 2000",
        "SETTINGS, 4, 0, 0, 2000",
        "WINDOW_UPDATE, 8, 0, 4, 20000",
        "PRIORITY, 2, 3, 5, 2000",
        "DATA, 0, 1, 0, 1500"
    })
    void endsAFlood(String name, int type, int stream, int length, int frames) throws Exception {
        byte[] payload = new byte[length];
        if (length > 0) {
            payload[length - 1] = 1;
        }
        try (H2Client client = local.http2()) {
            client.headers(1, 0, local.fields("POST", "/" + name));
            Thread flooder = new Thread(() -> {
                try {
                    for (int i = 0; i < frames; i++) {
                        client.frame(type, 0, stream, payload);
                    }
                } catch (IOException e) {
                    // the proxy has closed
                }
            });
            flooder.start();
            assertThat(goAway(client)).isEqualTo(ENHANCE_YOUR_CALM);
            flooder.join();
        }
        assertServesOthers();
    }

    @ParameterizedTest
    @CsvSource({"201, 1", "300, 90"})
    void endsAHeadOfTooManyFields(int count, int length) throws Exception {
        List<String> fields = new ArrayList<>(List.of(local.fields("GET", "/fields")));
        for (int i = 0; i < count; i++) {
            fields.add("x" + i);
            fields.add("y".repeat(length));
        }
        try (H2Client client = local.http2()) {
            client.headers(1, H2Client.END_STREAM, fields.toArray(String[]::new));
            assertThat(client.response(1))
                    .containsAnyOf(
                            Map.entry("reset", "1"),
                            Map.entry("goaway", "1"),
                            Map.entry("reset", "11"),
                            Map.entry("goaway", "11"));
        }
        assertThat(upstream.requests()).isEmpty();
        assertServesOthers();
    }

    /** A connection that has one slow stream is not judged by the time for a head. */
    @Test
    void leavesALongDownloadAlone() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        try (StreamingUpstream slow = new StreamingUpstream((head, in, out) -> {
                    StreamingUpstream.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst");
                    release.await();
                    StreamingUpstream.write(out, "after");
                });
                LocalProxy patient = LocalProxy.started(LocalProxy.builder()
                        .route(LocalProxy.HOST, slow.uri())
                        .timeouts(Timeouts.defaults()
                                .requestHead(Duration.ofSeconds(1))
                                .keepAlive(Duration.ofSeconds(1))));
                H2Client client = patient.http2()) {
            client.headers(1, H2Client.END_STREAM, patient.fields("GET", "/"));
            assertThat(client.nextData(1)).isEqualTo("first");
            for (int i = 0; i < 50; i++) {
                settled(client);
                await().pollDelay(Duration.ofMillis(50)).until(() -> true);
            }
            release.countDown();
            assertThat(client.nextData(1)).isEqualTo("after");
        } finally {
            release.countDown();
        }
    }

    /** CVE-2023-44487. */
    @Test
    void endsARapidReset() throws Exception {
        try (H2Client client = local.http2()) {
            Thread flooder = new Thread(() -> {
                try {
                    for (int i = 0; i < 1000; i++) {
                        client.headers(2 * i + 1, H2Client.END_STREAM, local.fields("GET", "/" + i));
                        client.reset(2 * i + 1);
                    }
                } catch (IOException e) {
                    // the proxy has closed
                }
            });
            flooder.start();
            assertThat(goAway(client)).isEqualTo(ENHANCE_YOUR_CALM);
            flooder.join();
        }
        assertThat(upstream.requests()).hasSizeLessThanOrEqualTo(201);
        assertServesOthers();
    }

    /** Undertow counts no reset of a request that is whole and has no response yet. */
    @Test
    void endsResetsOfRequestsThatAreUnderWay() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        try (StreamingUpstream slow = new StreamingUpstream((head, in, out) -> release.await());
                LocalProxy waiting = LocalProxy.to(slow.uri());
                H2Client client = waiting.http2()) {
            int sent = 0;
            for (int round = 1; round <= 5; round++) {
                for (; sent < 50 * round; sent++) {
                    client.headers(2 * sent + 1, H2Client.END_STREAM, waiting.fields("GET", "/" + sent));
                    client.reset(2 * sent + 1);
                }
                if (sent <= MOST_RESETS) {
                    int all = sent;
                    await().atMost(Duration.ofSeconds(10)).until(() -> waiting.ended.size() == all);
                }
            }
            assertThat(goAway(client)).isEqualTo(ENHANCE_YOUR_CALM);
        } finally {
            release.countDown();
        }
    }

    @Test
    void refusesStreamsBeyondTheHundredItAdvertises() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        try (StreamingUpstream slow = new StreamingUpstream((head, in, out) -> {
                    release.await();
                    StreamingUpstream.write(out, RawUpstream.ok("late"));
                });
                LocalProxy waiting = LocalProxy.to(slow.uri());
                H2Client client = waiting.http2()) {
            for (int i = 0; i < 150; i++) {
                client.headers(2 * i + 1, H2Client.END_STREAM, waiting.fields("GET", "/" + i));
            }
            Map<String, String> refused = client.response(299);
            assertThat(refused).containsEntry("reset", "" + REFUSED_STREAM);
            assertThat(slow.accepted()).isLessThanOrEqualTo(100);
        } finally {
            release.countDown();
        }
    }

    /** Its upstreams end with their connections, that the proxy has to end. */
    @Test
    void endsAThousandStreamsAtOnce() throws Exception {
        try (StreamingUpstream slow = new StreamingUpstream((head, in, out) -> in.readAllBytes());
                LocalProxy waiting = LocalProxy.to(slow.uri());
                H2Client client = waiting.http2()) {
            Thread flooder = new Thread(() -> {
                try {
                    for (int i = 0; i < 1000; i++) {
                        client.headers(2 * i + 1, 0, waiting.fields("POST", "/" + i));
                    }
                } catch (IOException e) {
                    // the proxy has closed
                }
            });
            flooder.start();
            assertThat(goAway(client)).isEqualTo(ENHANCE_YOUR_CALM);
            flooder.join();
            assertThat(slow.accepted()).isLessThanOrEqualTo(100);
            await().untilAsserted(() -> assertThat(slow.open()).isZero());
        }
    }
}
