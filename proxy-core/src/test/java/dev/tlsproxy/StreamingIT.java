package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.internal.http.H2Client;
import dev.tlsproxy.testing.RawUpstream;
import dev.tlsproxy.testing.StreamingUpstream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What an upstream sends is at the client before it sends more: the upstream of these tests goes on only when the client has
 * seen the last piece. And an upstream hears of a client that left.
 */
@Timeout(30)
class StreamingIT {

    private static final int EVENTS = 5;

    /** Of an HTTP/2 connection: it is opened anew when half of it is used. */
    private static final int WINDOW = 256 * 1024;

    private static final Duration SOON = Duration.ofSeconds(5); // two looks, 0.4 s apart, and a slow machine

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void eventStreamArrivesEventByEvent(HttpClient.Version version) throws Exception {
        Semaphore seen = new Semaphore(0);
        try (StreamingUpstream upstream = events(seen);
                LocalProxy local = LocalProxy.to(upstream.uri())) {
            HttpResponse<Stream<String>> response =
                    local.client(version).send(local.request("/events").build(), BodyHandlers.ofLines());

            assertThat(response.version()).isEqualTo(version);
            seen.release(); // the head came, without an event
            Iterator<String> lines = response.body().iterator();
            for (int i = 0; i < EVENTS; i++) {
                assertThat(lines.next()).isEqualTo("data: " + i);
                assertThat(lines.next()).isEmpty();
                seen.release();
            }
            assertThat(lines.hasNext()).isFalse();
        }
    }

    @Test
    void eventStreamArrivesEventByEventAtRawClient() throws Exception {
        Semaphore seen = new Semaphore(0);
        try (StreamingUpstream upstream = events(seen);
                LocalProxy local = LocalProxy.to(upstream.uri());
                RawTlsClient client = local.http1()) {
            client.send("GET /events HTTP/1.1\r\nHost: " + local.authority() + "\r\n\r\n");

            assertThat(client.readHead()).startsWith("HTTP/1.1 200 OK\r\n").contains("text/event-stream");
            seen.release();
            InputStream in = client.socket().getInputStream();
            for (int i = 0; i < EVENTS; i++) {
                String chunk = "09\r\ndata: " + i + "\n\n\r\n";
                assertThat(new String(in.readNBytes(chunk.length()), StandardCharsets.ISO_8859_1))
                        .isEqualTo(chunk);
                seen.release();
            }
            assertThat(new String(in.readNBytes(5), StandardCharsets.ISO_8859_1))
                    .isEqualTo("0\r\n\r\n");
        }
    }

    /** A long poll beside others: each is answered when its own time has come. */
    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void longPollsAreAnsweredInTheirOwnTime(HttpClient.Version version) throws Exception {
        CountDownLatch first = new CountDownLatch(1);
        CountDownLatch second = new CountDownLatch(1);
        try (StreamingUpstream upstream = new StreamingUpstream((head, in, out) -> {
                    CountDownLatch mine = head.startsWith("GET /first ") ? first : second;
                    mine.await(20, TimeUnit.SECONDS);
                    StreamingUpstream.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
                });
                LocalProxy local = LocalProxy.to(upstream.uri())) {
            HttpClient client = local.client(version);
            CompletableFuture<HttpResponse<String>> one =
                    client.sendAsync(local.request("/first").build(), BodyHandlers.ofString());
            CompletableFuture<HttpResponse<String>> two =
                    client.sendAsync(local.request("/second").build(), BodyHandlers.ofString());
            Awaitility.await().until(() -> upstream.open() == 2);

            second.countDown();
            assertThat(two.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
            assertThat(one).isNotDone();
            first.countDown();
            assertThat(one.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
        }
    }

    /** By hand, because the JDK's client reads nothing before it has sent all: each byte goes up, and its echo comes down, before the next one. */
    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void requestStreamsUpWhileTheResponseStreamsDown(HttpClient.Version version) throws Exception {
        try (StreamingUpstream upstream = new StreamingUpstream((head, in, out) -> {
                    StreamingUpstream.write(out, "HTTP/1.1 200 OK\r\nContent-Length: " + EVENTS + "\r\n\r\n");
                    boolean chunked = head.contains("ransfer-");
                    for (int i = 0; i < EVENTS; i++) {
                        // a chunk of one byte: "1", CR, LF, the byte, CR, LF
                        byte[] piece = in.readNBytes(chunked ? 6 : 1);
                        out.write(piece[chunked ? 3 : 0]);
                        out.flush();
                    }
                });
                LocalProxy local = LocalProxy.to(upstream.uri())) {
            if (version == HttpClient.Version.HTTP_1_1) {
                try (RawTlsClient client = local.http1()) {
                    client.send("POST / HTTP/1.1\r\nHost: " + local.authority() + "\r\nContent-Length: " + EVENTS
                            + "\r\n\r\n");
                    assertThat(client.readHead()).startsWith("HTTP/1.1 200 OK\r\n");
                    for (int i = 0; i < EVENTS; i++) {
                        client.send("" + i);
                        assertThat(client.socket().getInputStream().read()).isEqualTo('0' + i);
                    }
                }
                return;
            }
            try (H2Client client = local.http2()) {
                client.headers(1, 0, local.fields("POST", "/"));
                for (int i = 0; i < EVENTS; i++) {
                    client.data(1, 0, "" + i);
                    assertThat(client.nextData(1)).isEqualTo("" + i);
                }
            }
        }
    }

    /** What gRPC needs: a client with HTTP/2 and an upstream with chunks have the same trailers. */
    @Test
    void trailersPassBothWaysBetweenHttp2AndChunks() throws Exception {
        BlockingQueue<String> received = new LinkedBlockingQueue<>();
        try (StreamingUpstream upstream = new StreamingUpstream((head, in, out) -> {
                    received.add(head);
                    received.add(StreamingUpstream.readHead(in)); // the chunks up to the empty line
                    StreamingUpstream.write(
                            out,
                            "HTTP/1.1 200 OK\r\nTrailer: grpc-status\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"
                                    + "0\r\ngrpc-status: 0\r\nSet-Cookie: a=b\r\nContent-Length: 9\r\n\r\n");
                });
                LocalProxy local = LocalProxy.to(upstream.uri());
                H2Client client = local.http2()) {
            List<String> fields = new ArrayList<>(List.of(local.fields("POST", "/")));
            fields.addAll(List.of("te", "trailers"));
            client.headers(1, 0, fields.toArray(String[]::new));
            client.data(1, 0, "hi");
            client.headers(1, H2Client.END_STREAM, "x-sum", "1", "x-forwarded-for", "6.6.6.6");

            assertThat(received.poll(10, TimeUnit.SECONDS))
                    .contains("TE: trailers\r\n", "ransfer-Encoding: chunked\r\n");
            assertThat(received.poll(10, TimeUnit.SECONDS))
                    .contains("hi\r\n")
                    .containsIgnoringCase("\r\nx-sum: 1\r\n")
                    .doesNotContain("6.6.6.6");
            Map<String, String> response = client.response(1);
            assertThat(response)
                    .containsEntry("body", "ok")
                    .containsEntry("grpc-status", "0")
                    .doesNotContainKeys("set-cookie", "content-length", "trailer", "reset");
        }
    }

    /** RFC 9113 section 8.1: NO_ERROR where the rest of the request is not needed for a response that is whole. */
    @ParameterizedTest
    @CsvSource({"/whole, 0", "/cut, 2"})
    void resetTellsWhetherTheResponseIsWhole(String path, int code) throws Exception {
        try (StreamingUpstream upstream = new StreamingUpstream((head, in, out) -> StreamingUpstream.write(
                        out,
                        "HTTP/1.1 200 OK\r\nContent-Length: "
                                + (head.startsWith("POST /whole ") ? 4 : 9)
                                + "\r\nConnection: close\r\n\r\nbody"));
                LocalProxy local = LocalProxy.to(upstream.uri());
                H2Client client = local.http2()) {
            client.headers(1, 0, local.fields("POST", path));

            H2Client.Frame frame = client.nextFrame();
            while (frame.type() != 3) {
                frame = client.nextFrame();
            }
            assertThat(frame.payload()).isEqualTo(new byte[] {0, 0, 0, (byte) code});
        }
    }

    /** It sent that before it read the reset: RFC 9113 section 5.1 has it ignored, and counted for the connection's window. */
    @Test
    void clientThatStillSendsOnAResetStreamKeepsItsConnection() throws Exception {
        try (RawUpstream upstream = RawUpstream.saying("ok");
                StreamingUpstream refusing = new StreamingUpstream((head, in, out) -> StreamingUpstream.write(
                        out, "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"));
                LocalProxy local = LocalProxy.started(LocalProxy.builder()
                        .route(LocalProxy.HOST, upstream.uri())
                        .route(LocalProxy.HOST + "/refused", refusing.uri()));
                H2Client client = local.http2()) {
            client.headers(1, 0, local.fields("POST", "/refused"));
            assertThat(client.response(1)).containsEntry(":status", "403");
            while (client.nextFrame().type() != 3) {
                // the reset comes behind the response
            }
            for (int i = 0; i < 10; i++) {
                client.data(1, 0, "x".repeat(16_000));
            }
            client.headers(1, H2Client.END_STREAM, "late", "trailer");
            H2Client.Frame window = client.nextFrame();
            assertThat(window.type()).as("WINDOW_UPDATE").isEqualTo(8);
            assertThat(window.stream()).isZero();

            client.headers(3, H2Client.END_STREAM, local.fields("GET", "/"));
            assertThat(client.response(3)).containsEntry("body", "ok");
        }
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void bodyThatWaitsForContinueArrives(HttpClient.Version version) throws Exception {
        try (StreamingUpstream upstream = new StreamingUpstream((head, in, out) -> {
                    StreamingUpstream.write(out, "HTTP/1.1 100 Continue\r\n\r\n");
                    byte[] body = in.readNBytes(4);
                    StreamingUpstream.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
                    out.write(body);
                });
                LocalProxy local = LocalProxy.to(upstream.uri())) {
            HttpResponse<String> response = local.client(version)
                    .send(
                            local.request("/")
                                    .expectContinue(true)
                                    .POST(BodyPublishers.ofString("body"))
                                    .build(),
                            BodyHandlers.ofString());

            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.body()).isEqualTo("body");
        }
    }

    /** The client is asked for its body when the upstream wants it, not before. */
    @Test
    void upstreamThatRefusesBeforeTheBodyIsHeard() throws Exception {
        try (StreamingUpstream upstream = new StreamingUpstream((head, in, out) -> StreamingUpstream.write(
                        out, "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"));
                LocalProxy local = LocalProxy.to(upstream.uri());
                RawTlsClient client = local.http1()) {
            client.send("POST / HTTP/1.1\r\nHost: " + local.authority()
                    + "\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n\r\n");

            assertThat(client.readResponse())
                    .startsWith("HTTP/1.1 403 Forbidden\r\n")
                    .endsWith("no");
        }
    }

    /** Facts, section E, case 14: 413 in the middle of an upload that is never read to its end (RFC 9112 section 9.3). */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void clientInTheMiddleOfAnUploadReadsTheUpstreamsRefusal(boolean http2) throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        try (StreamingUpstream upstream = new StreamingUpstream((head, in, out) -> {
                    in.readNBytes(10_000);
                    StreamingUpstream.write(
                            out, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");
                    over.await(20, TimeUnit.SECONDS);
                });
                LocalProxy local = LocalProxy.to(upstream.uri())) {
            if (http2) {
                try (H2Client client = local.http2()) {
                    client.headers(1, 0, local.fields("POST", "/"));
                    client.data(1, 0, "x".repeat(16_000));
                    assertThat(client.response(1))
                            .containsEntry(":status", "413")
                            .containsEntry("body", "big");
                }
            } else {
                try (RawTlsClient client = local.http1()) {
                    client.send("POST / HTTP/1.1\r\nHost: " + local.authority()
                            + "\r\nContent-Length: 5000000000\r\n\r\n" + "x".repeat(1_000_000));
                    assertThat(client.readResponse())
                            .startsWith("HTTP/1.1 413 Content Too Large\r\n")
                            .endsWith("\r\n\r\nbig");
                }
            }
        } finally {
            over.countDown();
        }
    }

    /**
     * What was on its way when its stream was reset ends nothing, and counts for the connection's window (RFC 9113 sections 5.1
     * and 6.9): else a refused upload ends the other streams, and some of them all uploads.
     */
    @Test
    void restOfARefusedUploadLeavesItsHttp2ConnectionAlone() throws Exception {
        int rounds = 10;
        int block = 16_000;
        try (StreamingUpstream upstream = new StreamingUpstream((head, in, out) -> StreamingUpstream.write(
                        out,
                        head.startsWith("GET ")
                                ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
                                : "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
                LocalProxy local = LocalProxy.to(upstream.uri());
                H2Client client = local.http2()) {
            long window = 65_535;
            for (int stream = 1; stream < 2 * rounds; stream += 2) {
                client.headers(stream, 0, local.fields("POST", "/"));
                client.data(stream, 0, "x".repeat(block));
                window += credit(client, stream) - 2 * block;
                client.data(stream, 0, "x".repeat(block));
                client.headers(stream, H2Client.END_STREAM, "x-sum", "1");
            }
            client.headers(2 * rounds + 1, H2Client.END_STREAM, local.fields("GET", "/"));
            window += credit(client, 2 * rounds + 1);
            assertThat(window).as("what the client may still send").isGreaterThanOrEqualTo(WINDOW / 2);
        }
    }

    /** Reads up to the reset of a stream, or the end of a good response; what the connection's window grew by meanwhile. */
    private static long credit(H2Client client, int stream) throws IOException {
        long credit = 0;
        while (true) {
            H2Client.Frame frame = client.nextFrame();
            assertThat(frame.type()).as("GOAWAY").isNotEqualTo(7);
            if (frame.type() == 8 && frame.stream() == 0) {
                credit += ByteBuffer.wrap(frame.payload()).getInt();
            }
            boolean over = frame.type() == 3 || frame.type() == 0 && frame.payload().length > 0;
            if (frame.stream() == stream && over) {
                return credit;
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "HTTP_1_1, ''",
        "HTTP_1_1, 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n'",
        "HTTP_2, ''",
        "HTTP_2, 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n'"
    })
    void upstreamHearsSoonThatTheClientLeft(HttpClient.Version version, String sentSoFar) throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        try (StreamingUpstream upstream = new StreamingUpstream((head, in, out) -> {
                    StreamingUpstream.write(out, sentSoFar);
                    asked.countDown();
                    in.readAllBytes();
                });
                LocalProxy local = LocalProxy.to(upstream.uri())) {
            CompletableFuture<HttpResponse<InputStream>> response =
                    local.client(version).sendAsync(local.request("/").build(), BodyHandlers.ofInputStream());
            assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
            if (!sentSoFar.isEmpty()) {
                response.get(10, TimeUnit.SECONDS).body().close();
            } else {
                response.cancel(true);
            }

            Awaitility.await().atMost(SOON).until(() -> upstream.open() == 0);
            assertThat(local.ended.poll(5, TimeUnit.SECONDS).failure()).isPresent();
        }
    }

    /** One stream's end is not the end of its connection. */
    @Test
    void otherStreamsOutliveAResetOne() throws Exception {
        CountDownLatch answer = new CountDownLatch(1);
        try (StreamingUpstream upstream = new StreamingUpstream((head, in, out) -> {
                    if (head.startsWith("GET /stays ")) {
                        answer.await(20, TimeUnit.SECONDS);
                        StreamingUpstream.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere");
                    } else {
                        in.readAllBytes();
                    }
                });
                LocalProxy local = LocalProxy.to(upstream.uri())) {
            HttpClient client = local.client(HttpClient.Version.HTTP_2);
            CompletableFuture<HttpResponse<String>> stays =
                    client.sendAsync(local.request("/stays").build(), BodyHandlers.ofString());
            Awaitility.await().until(() -> upstream.open() == 1);
            CompletableFuture<HttpResponse<String>> leaves =
                    client.sendAsync(local.request("/leaves").build(), BodyHandlers.ofString());
            Awaitility.await().until(() -> upstream.open() == 2);

            leaves.cancel(true);
            Awaitility.await().atMost(SOON).until(() -> upstream.open() == 1);
            answer.countDown();
            assertThat(stays.get(10, TimeUnit.SECONDS).body()).isEqualTo("here");
        }
    }

    private static StreamingUpstream events(Semaphore seen) throws IOException {
        return new StreamingUpstream((head, in, out) -> {
            StreamingUpstream.write(out, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
            next(seen);
            for (int i = 0; i < EVENTS; i++) {
                StreamingUpstream.write(out, "data: " + i + "\n\n");
                next(seen);
            }
        });
    }

    private static void next(Semaphore seen) throws Exception {
        if (!seen.tryAcquire(20, TimeUnit.SECONDS)) {
            throw new IOException("the client has not seen it");
        }
    }
}
