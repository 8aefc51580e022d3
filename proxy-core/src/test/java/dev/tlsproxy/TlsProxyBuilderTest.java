package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.tlsproxy.spi.CertificateManager;
import dev.tlsproxy.spi.CertificateStore;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TlsProxyBuilderTest {

    @Test
    void refusesDuplicateRoute() {
        TlsProxyBuilder builder = TlsProxy.builder().route("api.example.com", "http://10.0.0.5:8080");

        assertThatIllegalStateException()
                .isThrownBy(() -> builder.route("API.example.com.", "http://10.0.0.6:8080"))
                .withMessage("route \"api.example.com\" was already set to http://10.0.0.5:8080");
    }

    @Test
    void acceptsRoutesOfOneHostThatDifferInPath() {
        TlsProxy.builder()
                .route("example.com", "http://10.0.0.5:8080")
                .route("example.com/api", "http://10.0.0.5:8081")
                .build();
    }

    @Test
    void refusesRouteWithoutUpstream() {
        assertThatIllegalStateException()
                .isThrownBy(() -> TlsProxy.builder().route("example.com"))
                .withMessage("route \"example.com\" has no upstream; call to(...)");
    }

    @Test
    void refusesToBuildWithoutRoute() {
        assertThatIllegalStateException()
                .isThrownBy(() -> TlsProxy.builder().build())
                .withMessage("no route; call route(...)");
    }

    @Test
    void refusesToBuildWhereNoHostIsNamedAndNoCertificateGiven() {
        assertThatIllegalStateException()
                .isThrownBy(() ->
                        TlsProxy.builder().route("*", "http://10.0.0.5:8080").build())
                .withMessage("route \"*\" names no host to serve a certificate for;"
                        + " add a route with a host name, or call certificate(...)");
    }

    @ParameterizedTest
    @CsvSource({"70000", "-1"})
    void refusesPortOutOfRange(int port) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TlsProxy.builder().httpsPort(port))
                .withMessage("port: " + port + " (expected: 0..65535)");
    }

    @Test
    void refusesUnresolvedListenAddress() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TlsProxy.builder().https(InetSocketAddress.createUnresolved("no.such.host", 443)))
                .withMessage("https: no.such.host:443 (expected: an address of this machine)");
    }

    @Test
    void refusesSecondHttpsAddress() {
        TlsProxyBuilder builder = TlsProxy.builder().https(new InetSocketAddress("127.0.0.1", 8443));

        assertThatIllegalStateException()
                .isThrownBy(() -> builder.httpsPort(443))
                .withMessage("https was already set to /127.0.0.1:8443");
    }

    @Test
    void refusesHttpAddressWithoutHttpListener() {
        assertThatIllegalStateException()
                .isThrownBy(() -> TlsProxy.builder().withoutHttp().httpPort(80))
                .withMessage("http(0.0.0.0/0.0.0.0:80) cannot be combined with withoutHttp()");
        assertThatIllegalStateException()
                .isThrownBy(() -> TlsProxy.builder().httpPort(80).withoutHttp())
                .withMessage("withoutHttp() cannot be combined with http(0.0.0.0/0.0.0.0:80)");
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 65536})
    void refusesPublicPortOutOfRange(int port) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TlsProxy.builder().publicHttpsPort(port))
                .withMessage("publicHttpsPort: " + port + " (expected: 1..65535)");
    }

    @Test
    void refusesOneAddressForBothListeners() {
        TlsProxyBuilder builder = TlsProxy.builder()
                .route("example.com", "http://10.0.0.5:8080")
                .https(new InetSocketAddress("127.0.0.1", 8443))
                .httpPort(8443);

        assertThatIllegalStateException()
                .isThrownBy(builder::build)
                .withMessage("http: 0.0.0.0/0.0.0.0:8443 is also the address of https, /127.0.0.1:8443"
                        + " (expected: two addresses; choose another port, or call withoutHttp())");
    }

    @Test
    void acceptsOnePortOfTwoAddressesAndTwoFreePorts() {
        TlsProxy.builder()
                .route("example.com", "http://10.0.0.5:8080")
                .https(new InetSocketAddress("127.0.0.1", 8443))
                .http(new InetSocketAddress("127.0.0.2", 8443))
                .build();
        TlsProxy.builder()
                .route("example.com", "http://10.0.0.5:8080")
                .httpsPort(0)
                .httpPort(0)
                .build();
    }

    @Test
    void refusesEmptyStorePath() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TlsProxy.builder().store(Path.of("")))
                .withMessage("store: \"\" (expected: a directory, \".\" for the working directory)");
    }

    @Test
    void refusesSecondStore() {
        TlsProxyBuilder builder = TlsProxy.builder().store(CertificateStore.inMemory());

        assertThatIllegalStateException()
                .isThrownBy(() -> builder.store(Path.of("certificates")))
                .withMessage("store was already set to in memory");
    }

    @Test
    void refusesSecondCertificateManager() {
        CertificateManager manager = new CertificateManager() {
            @Override
            public void start(Context context) {}

            @Override
            public void close() {}

            @Override
            public String toString() {
                return "first";
            }
        };
        TlsProxyBuilder builder = TlsProxy.builder().acme(manager);

        assertThatIllegalStateException()
                .isThrownBy(() -> builder.acme(manager))
                .withMessage("acme was already set to first");
    }

    @Test
    void refusesDefaultNameWithoutRoute() {
        assertThatIllegalStateException()
                .isThrownBy(() -> TlsProxy.builder()
                        .route("example.com", "http://10.0.0.5:8080")
                        .tls(TlsPolicy.defaults().defaultName("other.example.com"))
                        .build())
                .withMessage("defaultName \"other.example.com\" has no route and no certificate;"
                        + " call route(\"other.example.com\", ...)");
    }

    @Test
    void refusesIoThreadsOutOfRange() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TlsProxy.builder().ioThreads(0))
                .withMessage("ioThreads: 0 (expected: 1..1024)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT-1S", "PT5M1S"})
    void refusesWarmUpOutOfRange(Duration atMost) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TlsProxy.builder().warmUp(atMost))
                .withMessage("warmUp: " + atMost + " (expected: PT0S..PT5M)");
    }

    @Test
    void answersOnlyWhenStarted() {
        TlsProxy proxy =
                TlsProxy.builder().route("example.com", "http://10.0.0.5:8080").build();

        assertThatIllegalStateException()
                .isThrownBy(proxy::addresses)
                .withMessage("proxy is not started; call start()");
        proxy.close();
        assertThatIllegalStateException().isThrownBy(proxy::addresses).withMessage("proxy is closed");
        assertThatIllegalStateException().isThrownBy(proxy::start).withMessage("proxy is closed (build a new one)");
    }
}
