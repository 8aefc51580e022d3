package dev.tlsproxy.internal.listen;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.internal.tls.ChallengeTable;
import dev.tlsproxy.internal.tls.LibraryLogs;
import io.undertow.server.DefaultByteBufferPool;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.Xnio;
import org.xnio.XnioWorker;

class HttpListenerIT {

    private final LibraryLogs.Silence silence = LibraryLogs.silence();
    private final ChallengeTable challenges = new ChallengeTable();
    private int publicPort = 443;
    private XnioWorker worker;
    private HttpListener listener;
    private InetSocketAddress address;

    @BeforeEach
    void start() throws Exception {
        worker = Xnio.getInstance()
                .createWorker(OptionMap.builder()
                        .set(Options.WORKER_IO_THREADS, 1)
                        .set(Options.WORKER_NAME, "tls-proxy-test")
                        .set(Options.THREAD_DAEMON, true)
                        .getMap());
        ListenConfig config = ListenConfig.of(Duration.ofSeconds(1), Duration.ofSeconds(5), Duration.ofSeconds(60));
        listener = new HttpListener(
                worker,
                new DefaultByteBufferPool(true, 16364, 1000, 12),
                challenges,
                () -> publicPort,
                config,
                ListenerFixture.openDoor());
        address = listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        listener.startAccepting();
    }

    @AfterEach
    void stop() {
        listener.close();
        worker.shutdownNow();
        silence.close();
    }

    /** The answer to a request that asks to close. */
    private String answer(String target, String host) throws Exception {
        return raw("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
    }

    private String raw(String request) throws Exception {
        return new String(
                RawTls.exchange(address, request.getBytes(StandardCharsets.ISO_8859_1)), StandardCharsets.ISO_8859_1);
    }

    private static String location(String answer) {
        return answer.lines()
                .filter(line -> line.startsWith("Location: "))
                .map(line -> line.substring(10))
                .findFirst()
                .orElse("none in " + answer);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "/ a.test https://a.test/",
                "/announce?info_hash=%00%ff%0D%0Aabc&p=a+b;c,d&x A.Test:80 https://a.test/announce?info_hash=%00%ff%0D%0Aabc&p=a+b;c,d&x",
                "/p%2Fq//r/../s/./t;k=v;z/u?a|b a.test. https://a.test/p%2Fq//r/../s/./t;k=v;z/u?a|b",
                "http://b.test:8080/x?y=http://z b.test:8080 https://b.test/x?y=http://z",
                "http://b.test b.test https://b.test/",
                "/x [::1]:80 https://[0:0:0:0:0:0:0:1]/x",
            })
    void redirectsToHttpsByteForByte(String target, String host, String expected) throws Exception {
        String answer = answer(target, host);

        assertThat(answer).startsWith("HTTP/1.1 308 Permanent Redirect\r\n");
        assertThat(location(answer)).isEqualTo(expected);
    }

    @Test
    void namesThePublicPortWhereItIsNot443() throws Exception {
        publicPort = 8443;

        assertThat(location(answer("/x", "a.test"))).isEqualTo("https://a.test:8443/x");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"a b", "a.test@b.test", "a/b", "-", "a.test:99999999", "[a.test]", "a.test\u00e9", "..", "\"a\""
            })
    void refusesInvalidHost(String host) throws Exception {
        assertThat(answer("/", host)).startsWith("HTTP/1.1 400 ").doesNotContain("Location");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n\r\n",
                "GET /\u00e9 HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n",
                "GET /a\tb HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n",
                "GET /a\rb HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n",
                "GET /a#b HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n",
                "OPTIONS * HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"
            })
    void refusesRequestsThatCantBeRedirected(String request) throws Exception {
        assertThat(raw(request)).startsWith("HTTP/1.1 400 ").doesNotContain("Location");
    }

    @Test
    void answersChallengeBeforeRedirects() throws Exception {
        challenges.http01("a.test", "tok_en-1", "tok_en-1.thumbprint");

        String answer = answer("/.well-known/acme-challenge/tok_en-1", "A.test");

        assertThat(answer)
                .startsWith("HTTP/1.1 200 OK\r\n")
                .contains("Content-Type: text/plain\r\n")
                .endsWith("\r\n\r\ntok_en-1.thumbprint");
        assertThat(answer("/.well-known/acme-challenge/tok_en-1", "b.test")).startsWith("HTTP/1.1 404 ");
        assertThat(answer("/.well-known/acme-challenge/../tok_en-1", "a.test")).startsWith("HTTP/1.1 404 ");
        assertThat(answer("/.well-known/acme-challenge/", "a.test")).startsWith("HTTP/1.1 404 ");
        assertThat(
                        raw(
                                "HEAD /.well-known/acme-challenge/tok_en-1 HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 200 OK\r\n")
                .endsWith("\r\n\r\n");
    }

    @Test
    void doesNotWaitForABody() throws Exception {
        try (Socket socket = RawTls.connect(address)) {
            socket.getOutputStream()
                    .write("POST /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000\r\n\r\nabc"
                            .getBytes(StandardCharsets.US_ASCII));
            byte[] start = socket.getInputStream().readNBytes(12);

            assertThat(new String(start, StandardCharsets.US_ASCII)).isEqualTo("HTTP/1.1 308");
        }
    }

    @Test
    void keepsConnectionForTheNextRequest() throws Exception {
        String answers = raw("GET /1 HTTP/1.1\r\nHost: a.test\r\n\r\n"
                + "GET /2 HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n");

        assertThat(answers.lines().filter(line -> line.startsWith("Location: ")))
                .containsExactly("Location: https://a.test/1", "Location: https://a.test/2");
    }

    private static String fields(int count, int length) {
        return IntStream.range(0, count)
                .mapToObj(i -> "X" + i + ": " + "y".repeat(length) + "\r\n")
                .collect(Collectors.joining());
    }

    @Test
    void answersAHeadOverALimitByItsName() throws Exception {
        String line = "GET / HTTP/1.1\r\nHost: a.test\r\n";
        assertThat(raw(line + fields(400, 90) + "\r\n"))
                .isEqualTo(
                        "HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        assertThat(raw(line + fields(201, 1) + "\r\n")).startsWith("HTTP/1.1 431 ");
        assertThat(raw("GET /" + "x".repeat(40_000) + " HTTP/1.1\r\nHost: a.test\r\n\r\n"))
                .startsWith("HTTP/1.1 414 URI Too Long\r\n");
        assertThat(raw("GET / HTTP/1.1\r\nHost : a.test\r\n\r\n" + "x\r\n".repeat(300)))
                .startsWith("HTTP/1.1 400 ");
        assertThat(raw(line + "Connection: close\r\n" + fields(190, 1) + "\r\n"))
                .startsWith("HTTP/1.1 308 ");
    }
}
