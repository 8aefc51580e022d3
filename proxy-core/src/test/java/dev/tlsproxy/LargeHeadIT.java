package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.testing.RawUpstream;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** HTTP/1.1 request heads over a limit, through real TLS (case E19). */
@Timeout(30)
class LargeHeadIT {

    private static String answer(LocalProxy local, String fields) throws Exception {
        try (RawTlsClient client = local.http1()) {
            client.send("GET / HTTP/1.1\r\nHost: " + local.authority() + "\r\n" + fields + "\r\n");
            return client.readHead();
        }
    }

    private static String fields(int count, int length) {
        return IntStream.range(0, count)
                .mapToObj(i -> "X" + i + ": " + "y".repeat(length) + "\r\n")
                .collect(Collectors.joining());
    }

    @Test
    void answers431AndNothingReachesTheUpstream() throws Exception {
        try (RawUpstream upstream = RawUpstream.saying("ok");
                LocalProxy local = LocalProxy.to(upstream.uri())) {
            assertThat(answer(local, fields(400, 90)))
                    .isEqualTo("HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\n"
                            + "Connection: close\r\n\r\n");
            assertThat(answer(local, fields(201, 1))).startsWith("HTTP/1.1 431 ");
            assertThat(upstream.requests()).isEmpty();

            assertThat(answer(local, fields(190, 1))).startsWith("HTTP/1.1 200 ");
        }
    }

    /** A second head on a connection is followed from its own beginning. */
    @Test
    void countsEachHeadByItself() throws Exception {
        try (RawUpstream upstream = RawUpstream.saying("ok");
                LocalProxy local = LocalProxy.to(upstream.uri());
                RawTlsClient client = local.http1()) {
            String head = "GET / HTTP/1.1\r\nHost: " + local.authority() + "\r\n";
            for (int i = 0; i < 3; i++) {
                client.send(head + fields(150, 90) + "\r\n");
                assertThat(client.readResponse()).startsWith("HTTP/1.1 200 ");
            }
            client.send(head + "X : y\r\n\r\n");
            assertThat(client.readHead()).startsWith("HTTP/1.1 400 ");
        }
    }
}
