package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.ExchangeFilter;
import dev.tlsproxy.spi.NegotiatedTls;
import dev.tlsproxy.testing.RawUpstream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The whole proxy through its public API, with the JDK's own client verifying. */
class TlsProxyIT {

    private static final InetSocketAddress ANY_PORT = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    @TempDir
    Path directory;

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void servesRouteOverBothVersionsOfHttpWithHybridKeyExchange(HttpClient.Version version) throws Exception {
        Map<String, NegotiatedTls> seen = new ConcurrentHashMap<>();
        ExchangeFilter keepTls = new ExchangeFilter() {
            @Override
            public void request(Exchange exchange) {
                seen.put(exchange.httpVersion(), exchange.tls());
            }
        };
        try (RawUpstream upstream = RawUpstream.saying("hello");
                TlsProxy proxy =
                        started(local().route("api.localhost", upstream.uri()).filter(keepTls))) {
            HttpResponse<String> response = get(proxy, version, proxy.uri("api.localhost") + "/api/health_check?a=1");

            assertThat(response.version()).isEqualTo(version);
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.body()).isEqualTo("hello");
            assertThat(upstream.onlyRequest().line()).isEqualTo("GET /api/health_check?a=1 HTTP/1.1");
            assertThat(seen).hasSize(1);
            NegotiatedTls tls = seen.values().iterator().next();
            assertThat(tls.group()).contains("X25519MLKEM768");
            assertThat(tls.postQuantum()).isTrue();
            assertThat(tls.protocol()).isEqualTo("TLSv1.3");
            assertThat(tls.serverName()).contains("api.localhost");
            // the JDK's client offers no ALPN where only HTTP/1.1 is wanted
            assertThat(tls.applicationProtocol())
                    .isEqualTo(version == HttpClient.Version.HTTP_2 ? Optional.of("h2") : Optional.empty());
        }
    }

    @Test
    void namesUrisInTheFormThatClientsTake() throws Exception {
        try (RawUpstream upstream = RawUpstream.saying("hello");
                TlsProxy proxy = started(local().route("b\u00fccher.localhost", upstream.uri()))) {
            int port = proxy.addresses().https().getPort();
            assertThat(proxy.uri("B\u00fccher.localhost")).hasToString("https://xn--bcher-kva.localhost:" + port);
            assertThat(proxy.uri("::1")).hasToString("https://[0:0:0:0:0:0:0:1]:" + port);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> proxy.uri("a b"))
                    .withMessage("host: \"a b\" (expected: a host name or IP address)");
        }
    }

    @Test
    void redirectsHttpToTheRealHttpsPort() throws Exception {
        try (RawUpstream upstream = RawUpstream.saying("hello");
                TlsProxy proxy = started(local().route("api.localhost", upstream.uri()))) {
            int httpPort = proxy.addresses().http().orElseThrow().getPort();
            HttpResponse<String> response = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create(
                                            "http://api.localhost:" + httpPort + "/a%2Fb?info_hash=%00%ff&x"))
                                    .build(),
                            BodyHandlers.ofString());

            assertThat(response.statusCode()).isEqualTo(308);
            assertThat(response.headers().firstValue("Location"))
                    .contains(proxy.uri("api.localhost") + "/a%2Fb?info_hash=%00%ff&x");
        }
    }

    @Test
    void choosesRouteByHostThenLongestPath() throws Exception {
        try (RawUpstream site = RawUpstream.saying("site");
                RawUpstream api = RawUpstream.saying("api");
                RawUpstream wild = RawUpstream.saying("wild");
                TlsProxy proxy = started(local().route("shop.localhost", site.uri())
                        .route(Route.of("shop.localhost/api").to(api.uri()).stripPrefix())
                        .route("*.localhost", wild.uri()))) {
            assertThat(get(proxy, proxy.uri("shop.localhost") + "/apis").body()).isEqualTo("site");
            assertThat(get(proxy, proxy.uri("shop.localhost") + "/api/v1?q").body())
                    .isEqualTo("api");
            assertThat(get(proxy, proxy.uri("other.localhost") + "/api").body()).isEqualTo("wild");
            assertThat(api.onlyRequest().line()).isEqualTo("GET /v1?q HTTP/1.1");
            assertThat(api.onlyRequest().header("X-Forwarded-Prefix")).contains("/api");
        }
    }

    @Test
    void refusesHandshakeForUnknownName() throws Exception {
        try (RawUpstream upstream = RawUpstream.saying("hello");
                TlsProxy proxy = started(local().route("api.localhost", upstream.uri()))) {
            assertThatThrownBy(() -> get(proxy, proxy.uri("unknown.localhost") + "/"))
                    .isInstanceOf(IOException.class)
                    .hasRootCauseInstanceOf(IOException.class);
            assertThat(upstream.requests()).isEmpty();
        }
    }

    @Test
    void clientThatDoesNotTrustTheLocalCaIsNotServed() throws Exception {
        try (RawUpstream upstream = RawUpstream.saying("hello");
                TlsProxy proxy = started(local().route("api.localhost", upstream.uri()))) {
            assertThatThrownBy(() -> HttpClient.newHttpClient()
                            .send(
                                    HttpRequest.newBuilder(proxy.uri("api.localhost"))
                                            .build(),
                                    BodyHandlers.ofString()))
                    .isInstanceOf(SSLException.class);
        }
    }

    @Test
    void servesSeveralProxiesSideBySide() throws Exception {
        try (RawUpstream first = RawUpstream.saying("first");
                RawUpstream second = RawUpstream.saying("second");
                TlsProxy one = started(local().route("api.localhost", first.uri()));
                TlsProxy two = started(local().route("api.localhost", second.uri()))) {
            assertThat(get(one, one.uri("api.localhost") + "/").body()).isEqualTo("first");
            assertThat(get(two, two.uri("api.localhost") + "/").body()).isEqualTo("second");
        }
    }

    @Test
    void bindFailureNamesTheListenerAndLeavesNothingOpenAndNothingOnDisk() throws Exception {
        Path store = directory.resolve("store");
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int port = taken.getLocalPort();
            TlsProxy proxy = TlsProxy.builder()
                    .route("api.localhost", "http://127.0.0.1:1")
                    .https(ANY_PORT)
                    .http(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                    .store(store)
                    .build();
            int threads = proxyThreads();

            assertThatThrownBy(proxy::start)
                    .isInstanceOf(ProxyStartException.class)
                    .hasMessage("http listener: can't bind 127.0.0.1:" + port
                            + ": Address already in use (choose another address, or end the program that uses it)");
            assertThat(proxyThreads()).isEqualTo(threads);
            assertThat(store).doesNotExist();
        }
    }

    @Test
    void storeThatCannotBeWrittenFailsTheStart() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "in the way");
        TlsProxy proxy = TlsProxy.builder()
                .route("api.localhost", "http://127.0.0.1:1")
                .https(ANY_PORT)
                .withoutHttp()
                .store(file.resolve("store"))
                .build();

        assertThatThrownBy(proxy::start)
                .isInstanceOf(ProxyStartException.class)
                .hasMessageStartingWith("certificate store: ")
                .hasMessageContaining(file.toString());
        assertThat(Files.readString(file)).isEqualTo("in the way");
    }

    @Test
    void keepsTheLocalCaOverRestarts() throws Exception {
        CertificateStore store = CertificateStore.inMemory();
        try (RawUpstream upstream = RawUpstream.saying("hello")) {
            TlsProxy first = started(TlsProxy.builder()
                    .https(ANY_PORT)
                    .withoutHttp()
                    .store(store)
                    .route("api.localhost", upstream.uri()));
            var root = first.localCaCertificate().orElseThrow();
            first.close();
            try (TlsProxy second = started(TlsProxy.builder()
                    .https(ANY_PORT)
                    .withoutHttp()
                    .store(store)
                    .route("api.localhost", upstream.uri()))) {
                assertThat(second.localCaCertificate()).contains(root);
            }
        }
    }

    private TlsProxyBuilder local() {
        return TlsProxy.builder().https(ANY_PORT).http(ANY_PORT).store(CertificateStore.inMemory());
    }

    private static TlsProxy started(TlsProxyBuilder builder) {
        TlsProxy proxy = builder.build();
        proxy.start();
        proxy.awaitReady(Duration.ofSeconds(10));
        return proxy;
    }

    private static HttpResponse<String> get(TlsProxy proxy, String uri) throws Exception {
        return get(proxy, HttpClient.Version.HTTP_2, uri);
    }

    private static HttpResponse<String> get(TlsProxy proxy, HttpClient.Version version, String uri) throws Exception {
        HttpClient client = HttpClient.newBuilder()
                .version(version)
                .sslContext(proxy.trustedSslContext())
                .connectTimeout(Duration.ofSeconds(10))
                .build();
        return client.send(
                HttpRequest.newBuilder(URI.create(uri))
                        .timeout(Duration.ofSeconds(10))
                        .build(),
                BodyHandlers.ofString());
    }

    private static int proxyThreads() {
        return (int) Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("tls-proxy"))
                .count();
    }
}
