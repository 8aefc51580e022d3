package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RouteTest {

    @ParameterizedTest
    @CsvSource({
        "api.example.com, api.example.com",
        "API.Example.COM., api.example.com",
        "bücher.example, xn--bcher-kva.example",
        "*.Example.com, *.example.com",
        "*, *",
        "127.0.0.1, 127.0.0.1",
        "example.com/, example.com",
        "example.com/api/, example.com/api",
        "example.com/api/v1, example.com/api/v1",
    })
    void bringsPatternToNormalForm(String pattern, String name) {
        assertThat(Route.of(pattern).name()).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "https://example.com",
                "example.com:443",
                "*.*.example.com",
                "a*.example.com",
                "*.127.0.0.1",
                "exa mple.com",
                "-a.example.com",
                "256.1.1.1"
            })
    void refusesPatternWithoutHost(String pattern) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Route.of(pattern))
                .withMessage("route: \"" + pattern
                        + "\" (expected: HOST, *.HOST or *, each with an optional /PATH; no scheme, no port)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "example.com//a",
                "example.com/a/../b",
                "example.com/./a",
                "example.com/%61",
                "example.com/a?b",
                "example.com/a;b"
            })
    void refusesPathThatCouldBeReadInTwoWays(String pattern) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Route.of(pattern))
                .withMessage("route: \"" + pattern
                        + "\" (expected: a path of plain segments, without %-escapes, \"//\", \".\" and \"..\")");
    }

    @Test
    void refusesSameUpstreamTwice() {
        assertThatIllegalStateException()
                .isThrownBy(() -> Route.of("example.com").to("http://10.0.0.5", "http://10.0.0.5:80/"))
                .withMessage("route \"example.com\" already has upstream http://10.0.0.5:80");
    }

    @Test
    void refusesToStripPrefixItHasNot() {
        assertThatIllegalStateException()
                .isThrownBy(() -> Route.of("example.com").stripPrefix())
                .withMessage("stripPrefix() on route \"example.com\" (expected: a route with a path)");
    }

    @Test
    void refusesValuesOutOfRange() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Route.of("example.com").responseTimeout(Duration.ZERO))
                .withMessage("responseTimeout: PT0S (expected: PT0.001S..PT24H)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Route.of("example.com").maxRequestBody(-1))
                .withMessage("maxRequestBody: -1 (expected: 0 or more bytes)");
    }

    @ParameterizedTest
    @CsvSource({
        "http://127.0.0.1, http://127.0.0.1:80",
        "https://tracker, https://tracker:443",
        "http://[::1]:7070/base//, http://[::1]:7070/base",
        "h2c://127.0.0.1, h2c://127.0.0.1:80",
        "h2://grpc/base/, h2://grpc:443/base",
    })
    void completesUpstream(String uri, String complete) {
        assertThat(Upstream.of(uri)).hasToString(complete);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1:8080",
                "ftp://127.0.0.1",
                "http://",
                "http://host:port",
                "http://host:70000",
                "http://host:0",
                "http://host?x",
                "http://host/#f",
                "http://ho st"
            })
    void refusesMalformedUpstream(String uri) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Upstream.of(uri))
                .withMessage("upstream: \"" + uri
                        + "\" (expected: http://HOST[:PORT][/BASE], or https://, h2c:// or h2:// in place of http://)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"h2c-prior", "http2", "grpc", "grpcs"})
    void refusesWhatIsNearlyASchemeOfHttp2AndSaysWhatToGive(String scheme) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Route.of("a.example.com").to(scheme + "://127.0.0.1:50051"))
                .withMessage("upstream: \"" + scheme + "://127.0.0.1:50051\" (expected: h2c:// for HTTP/2 without TLS,"
                        + " as most gRPC servers have it, or h2:// with TLS)");
    }

    @Test
    void refusesAProxyHeaderWhereClientsShareAConnection() {
        assertThatIllegalStateException()
                .isThrownBy(() -> Upstream.of("h2c://127.0.0.1:50051").proxyProtocol(ProxyProtocol.V2))
                .withMessage("proxyProtocol(V2) on upstream h2c://127.0.0.1:50051 (expected: an http or https upstream,"
                        + " as requests of many clients share an HTTP/2 connection)");
    }

    @Test
    void refusesUserInformationWithoutShowingIt() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Upstream.of("http://user:secret@host"))
                .withMessage(
                        "upstream: \"http://...@host\" (expected: http://HOST[:PORT][/BASE], or https://, h2c:// or h2:// in place of http://)");
    }

    @Test
    void refusesTrustWithoutTls() {
        assertThatIllegalStateException()
                .isThrownBy(() -> Upstream.of("http://127.0.0.1").trust(Path.of("ca.pem")))
                .withMessage("trust(ca.pem) on upstream http://127.0.0.1:80 (expected: an https or h2 upstream)");
    }
}
