package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.testing.RawUpstream;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rows of docs/request-rules.md that are about one HTTP/1.1 head, through real TLS: status, and nothing at the upstream. */
@Timeout(30)
class RequestRulesIT {

    private static RawUpstream upstream;
    private static LocalProxy local;

    @BeforeAll
    static void start() throws IOException {
        upstream = RawUpstream.saying("ok");
        local = LocalProxy.started(LocalProxy.builder()
                .route(LocalProxy.HOST, upstream.uri())
                .route(Route.of(LocalProxy.HOST + "/private").to("http://127.0.0.1:1")));
    }

    @AfterAll
    static void stop() throws IOException {
        local.close();
        upstream.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "505#GET / HTTP/0.9~Host: H~",
                "400#GET / HTTP/2.0~Host: H~",
                "400#G(T / HTTP/1.1~Host: H~",
                "400#GET\t/ HTTP/1.1~Host: H~",
                "405#CONNECT H~ HTTP/1.1~Host: H~",
                "405#TRACE / HTTP/1.1~Host: H~",
                "400#GET /a%zz HTTP/1.1~Host: H~",
                "400#GET a HTTP/1.1~Host: H~",
                "400#GET * HTTP/1.1~Host: H~",
                "400#GET ftp://H/ HTTP/1.1~Host: H~",
                "400#GET / HTTP/1.1~",
                "400#GET / HTTP/1.1~Host:~",
                "400#GET / HTTP/1.1~Host: H~Host: H~",
                "400#GET / HTTP/1.1~Host: user@H~",
                "400#GET / HTTP/1.1~Host: api.localhost:~",
                "400#GET / HTTP/1.1~Host: [fe80::1%25eth0]~",
                "400#GET http://other.localhost/ HTTP/1.1~Host: H~",
                "400#GET / HTTP/1.1~Host: H~X : y~",
                "400#GET / HTTP/1.1~Host: H~X(: y~",
                "400#GET / HTTP/1.1~Host: H~: y~",
                "400#GET / HTTP/1.1~Host: H~X: a\u0000b~",
                "400#GET / HTTP/1.1~Host: H~X: a\rb~",
                "400#POST / HTTP/1.1~Host: H~Content-Length: 1~Transfer-Encoding: chunked~",
                "400#POST / HTTP/1.1~Host: H~Content-Length: 1~Content-Length: 1~",
                "400#POST / HTTP/1.1~Host: H~Transfer-Encoding: chunked~Transfer-Encoding: chunked~",
                "400#POST / HTTP/1.0~Host: H~Transfer-Encoding: chunked~",
                "400#POST / HTTP/1.1~Host: H~Content-Length: 1234567890123456789~",
                "501#POST / HTTP/1.1~Host: H~Transfer-Encoding: gzip~",
                "417#POST / HTTP/1.1~Host: H~Expect: tea~Content-Length: 0~",
                "421#GET / HTTP/1.1~Host: other.localhost~",
                "400#GET /private/../a HTTP/1.1~Host: H~",
                "400#GET /a/..;/private HTTP/1.1~Host: H~",
                "400#GET /%2e%2e/private HTTP/1.1~Host: H~",
                "400#GET //private HTTP/1.1~Host: H~",
                "400#GET /a%2Fprivate HTTP/1.1~Host: H~",
                "400#GET /%70rivate HTTP/1.1~Host: H~",
                "400#GET /private;x/a HTTP/1.1~Host: H~",
            })
    void refusedWithTheStatusOfTheTable(int status, String head) throws Exception {
        try (RawTlsClient client = local.http1()) {
            client.send(head.replace("H~", local.authority() + "~")
                            .replace("~ ", " ")
                            .replace("~", "\r\n") + "\r\n");

            assertThat(client.readHead()).containsPattern("^HTTP/1\\.[01] " + status + " ");
        }
        assertThat(upstream.requests()).isEmpty();
    }
}
