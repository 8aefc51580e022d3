package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.internal.http.H2Client;
import dev.tlsproxy.testing.RawUpstream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Request heads over a limit, through real TLS (case E19). */
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

    /** Far beyond the limits, so that most of it comes behind the answer. */
    @ParameterizedTest
    @CsvSource({"10000, 1", "1, 1000000", "10000, 1000"})
    void bombIsAnsweredOrCutAndOthersAreServed(int count, int length) throws Exception {
        try (RawUpstream upstream = RawUpstream.saying("ok");
                LocalProxy local = LocalProxy.to(upstream.uri())) {
            try (RawTlsClient client = local.http1()) {
                client.send("GET / HTTP/1.1\r\nHost: " + local.authority() + "\r\n" + fields(count, length) + "\r\n");
                assertThat(client.readHead()).startsWith("HTTP/1.1 431 ");
            } catch (IOException e) {
                assertThat(e).as("cut").isNotInstanceOf(SocketTimeoutException.class);
            }
            assertHttp2BombEnds(local, fields(count, length));
            assertThat(upstream.requests()).isEmpty();
            assertThat(answer(local, "")).startsWith("HTTP/1.1 200 ");
        }
    }

    /** The head goes out in as many frames as it needs; the end comes at the latest with the last. */
    private static void assertHttp2BombEnds(LocalProxy local, String lines) throws Exception {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        for (String field : local.fields("GET", "/")) {
            literal(block, field, field.startsWith(":"));
        }
        for (String line : lines.split("\r\n")) {
            String[] field = line.split(": ");
            literal(block, field[0].toLowerCase(Locale.ROOT), true);
            literal(block, field[1], false);
        }
        byte[] all = block.toByteArray();
        try (H2Client client = local.http2()) {
            for (int from = 0; from < all.length; from += 16_384) {
                int to = Math.min(all.length, from + 16_384);
                client.frame(from == 0 ? 1 : 9, to == all.length ? 4 : 0, 1, Arrays.copyOfRange(all, from, to));
            }
            assertThat(client.response(1)).doesNotContainKey(":status");
        } catch (IOException e) {
            assertThat(e).as("cut").isNotInstanceOf(SocketTimeoutException.class);
        }
    }

    /** RFC 7541 section 6.2.2: without indexing, without Huffman coding. */
    private static void literal(ByteArrayOutputStream block, String text, boolean name) {
        if (name) {
            block.write(0);
        }
        int length = text.length();
        if (length < 127) {
            block.write(length);
        } else {
            block.write(127);
            length -= 127;
            while (length >= 128) {
                block.write(length % 128 + 128);
                length /= 128;
            }
            block.write(length);
        }
        block.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** Undertow's field map breaks at the 128th line of a field; browsers send each cookie in a line of its own in HTTP/2. */
    @Test
    void manyLinesOfOneFieldAreRefusedAndOthersAreServed() throws Exception {
        try (RawUpstream upstream = RawUpstream.saying("ok");
                LocalProxy local = LocalProxy.to(upstream.uri())) {
            assertThat(answer(local, "Cookie: a=b\r\n".repeat(150))).containsPattern("^HTTP/1.1 4(00|31) ");
            List<String> fields = new ArrayList<>(List.of(local.fields("GET", "/")));
            for (int i = 0; i < 150; i++) {
                fields.addAll(List.of("cookie", "a" + i + "=b"));
            }
            PrintStream console = System.err;
            ByteArrayOutputStream logged = new ByteArrayOutputStream();
            System.setErr(new PrintStream(logged, true, StandardCharsets.UTF_8));
            try (H2Client client = local.http2()) {
                client.headers(1, H2Client.END_STREAM, fields.toArray(String[]::new));
                assertThat(client.response(1)).doesNotContainEntry(":status", "200");
            } catch (IOException e) {
                assertThat(e).as("cut").isNotInstanceOf(SocketTimeoutException.class);
            } finally {
                System.setErr(console);
            }
            assertThat(logged.toString(StandardCharsets.UTF_8))
                    .as("a client can't fill the log")
                    .isEmpty();
            assertThat(upstream.requests()).isEmpty();
            assertThat(answer(local, "")).startsWith("HTTP/1.1 200 ");
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
