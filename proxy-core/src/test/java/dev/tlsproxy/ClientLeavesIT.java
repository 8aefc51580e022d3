package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.internal.http.H2Client;
import dev.tlsproxy.spi.ExchangeSummary;
import dev.tlsproxy.testing.StreamingUpstream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * An upstream hears that its client has left, in whatever way and at whatever moment. The next moment of silence is a time-out
 * of a minute away.
 */
@Timeout(60)
class ClientLeavesIT {

    /** What is promised; a machine that is busy elsewhere may be late, but not each time. The time it took is printed. */
    private static final Duration PROMISED = Duration.ofSeconds(1);

    private static final int TRIES = 4;
    private static final Duration SOON = Duration.ofSeconds(5);

    /** What the exchange is in the middle of. */
    enum Moment {
        RESPONSE_HEAD("GET", "", ""),
        HALF_A_RESPONSE_HEAD("GET", "", "HTTP/1.1 200 OK\r\nContent-"),
        RESPONSE_BODY("GET", "", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf"),
        CHUNKED_RESPONSE_BODY("GET", "", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"),
        REQUEST_BODY("POST", "half", ""),
        BOTH_BODIES("POST", "half", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf");

        private final String method;
        private final String sent;
        private final String answered;

        Moment(String method, String sent, String answered) {
            this.method = method;
            this.sent = sent;
            this.answered = answered;
        }
    }

    /** How the client leaves. */
    enum Way {
        HTTP1_CLOSE,
        HTTP1_RESET,
        HTTP2_RST_STREAM,
        HTTP2_CLOSE,
        HTTP2_RESET
    }

    @ParameterizedTest
    @CsvSource({
        "RESPONSE_HEAD, HTTP1_CLOSE",
        "RESPONSE_HEAD, HTTP1_RESET",
        "RESPONSE_HEAD, HTTP2_RST_STREAM",
        "RESPONSE_HEAD, HTTP2_CLOSE",
        "RESPONSE_HEAD, HTTP2_RESET",
        "HALF_A_RESPONSE_HEAD, HTTP1_CLOSE",
        "HALF_A_RESPONSE_HEAD, HTTP2_RST_STREAM",
        "RESPONSE_BODY, HTTP1_CLOSE",
        "RESPONSE_BODY, HTTP1_RESET",
        "RESPONSE_BODY, HTTP2_RST_STREAM",
        "RESPONSE_BODY, HTTP2_CLOSE",
        "CHUNKED_RESPONSE_BODY, HTTP1_CLOSE",
        "CHUNKED_RESPONSE_BODY, HTTP2_RST_STREAM",
        "REQUEST_BODY, HTTP1_CLOSE",
        "REQUEST_BODY, HTTP1_RESET",
        "REQUEST_BODY, HTTP2_RST_STREAM",
        "REQUEST_BODY, HTTP2_CLOSE",
        "BOTH_BODIES, HTTP1_CLOSE",
        "BOTH_BODIES, HTTP2_RST_STREAM",
        "BOTH_BODIES, HTTP2_CLOSE"
    })
    void upstreamHearsOfItWithinASecond(Moment moment, Way way) throws Exception {
        List<Duration> heardAfter = new ArrayList<>();
        do {
            heardAfter.add(heardAfter(moment, way));
            System.out.printf("%s %s: heard after %s%n", moment, way, heardAfter);
        } while (last(heardAfter).compareTo(PROMISED) > 0 && heardAfter.size() < TRIES);
        assertThat(last(heardAfter)).as("the last of %s", heardAfter).isLessThanOrEqualTo(PROMISED);
    }

    private static Duration last(List<Duration> times) {
        return times.get(times.size() - 1);
    }

    private static Duration heardAfter(Moment moment, Way way) throws Exception {
        CountDownLatch inTheMiddle = new CountDownLatch(1);
        AtomicReference<Long> heard = new AtomicReference<>();
        try (StreamingUpstream upstream = new StreamingUpstream((head, in, out) -> {
                    for (int i = 0; i < moment.sent.length(); i++) {
                        in.read();
                    }
                    StreamingUpstream.write(out, moment.answered);
                    inTheMiddle.countDown();
                    try {
                        in.readAllBytes();
                    } finally {
                        heard.set(System.nanoTime());
                    }
                });
                LocalProxy local = LocalProxy.to(upstream.uri())) {
            long left = way.name().startsWith("HTTP1")
                    ? leaveHttp1(local, moment, way, inTheMiddle)
                    : leaveHttp2(local, moment, way, inTheMiddle);

            Awaitility.await().atMost(SOON).until(() -> heard.get() != null);
            ExchangeSummary summary = local.ended.poll(10, TimeUnit.SECONDS);
            assertThat(summary).isNotNull();
            assertThat(summary.failure()).isPresent();
            return Duration.ofNanos(heard.get() - left);
        }
    }

    private static long leaveHttp1(LocalProxy local, Moment moment, Way way, CountDownLatch inTheMiddle)
            throws Exception {
        RawTlsClient client = local.http1();
        client.send(moment.method + " / HTTP/1.1\r\nHost: " + local.authority()
                + (moment.sent.isEmpty() ? "" : "\r\nContent-Length: 1000") + "\r\n\r\n" + moment.sent);
        assertThat(inTheMiddle.await(10, TimeUnit.SECONDS)).isTrue();
        if (moment.answered.endsWith("half")) {
            client.readHead();
        }
        return leave(client, way == Way.HTTP1_RESET);
    }

    private static long leaveHttp2(LocalProxy local, Moment moment, Way way, CountDownLatch inTheMiddle)
            throws Exception {
        RawTlsClient connection = RawTlsClient.connect(local.proxy, LocalProxy.HOST, "h2");
        H2Client client = new H2Client(connection.socket());
        client.headers(1, moment.sent.isEmpty() ? H2Client.END_STREAM : 0, local.fields(moment.method, "/"));
        if (!moment.sent.isEmpty()) {
            client.data(1, 0, moment.sent);
        }
        assertThat(inTheMiddle.await(10, TimeUnit.SECONDS)).isTrue();
        if (moment.answered.endsWith("half")) {
            assertThat(client.nextData(1)).isEqualTo("half");
        }
        if (way == Way.HTTP2_RST_STREAM) {
            client.reset(1);
            return System.nanoTime();
        }
        return leave(connection, way == Way.HTTP2_RESET);
    }

    private static long leave(RawTlsClient client, boolean abruptly) throws IOException {
        if (abruptly) {
            client.socket().setSoLinger(true, 0);
        }
        client.close();
        return System.nanoTime();
    }
}
