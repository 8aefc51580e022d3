package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tlsproxy.spi.CertificateStatus;
import dev.tlsproxy.spi.CertificateStatus.State;
import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.spi.ChallengePort.Presented;
import dev.tlsproxy.spi.ProxyEvents;
import dev.tlsproxy.testing.RawUpstream;
import dev.tlsproxy.testing.TestCa;
import dev.tlsproxy.testing.TestPem;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a certificate manager and the proxy do for each other, through the public API. */
@Timeout(60)
class ManagedCertificatesIT {

    private static final InetSocketAddress ANY_PORT = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    private static final Instant LATER = Instant.parse("2030-01-01T00:00:00Z");

    private final FakeManager manager = new FakeManager(true);
    private final List<String> events = new CopyOnWriteArrayList<>();

    @TempDir
    Path directory;

    @Test
    void tellsHowItStandsFromTheFirstTryToTheLast() throws Exception {
        try (TlsProxy proxy = started("a.example.com", "b.example.com")) {
            assertThat(manager.context().names()).containsExactly("a.example.com", "b.example.com");
            assertThat(proxy.certificates())
                    .containsExactlyInAnyOrderEntriesOf(Map.of(
                            "a.example.com", status("a.example.com", State.WAITING),
                            "b.example.com", status("b.example.com", State.WAITING)));
            assertNotReady(
                    proxy, "after PT0.01S, \"a.example.com\" has no certificate, \"b.example.com\" has no certificate");

            manager.state("a.example.com", State.ORDERING);
            manager.fail("a.example.com", LATER, "the CA could not reach 192.0.2.1 (open port 80)");
            manager.state("a.example.com", State.ORDERING);
            assertNotReady(
                    proxy,
                    "after PT0.01S, \"a.example.com\" has no certificate (the CA could not reach 192.0.2.1 (open port"
                            + " 80)), \"b.example.com\" has no certificate");
            CertifiedKey first = manager.issue("a.example.com");

            proxy.awaitReady("a.example.com", Duration.ofSeconds(10));
            assertThat(shownBy(proxy, "a.example.com")).isEqualTo(first.leaf());
            assertThat(proxy.certificates().get("a.example.com"))
                    .isEqualTo(CertificateStatus.of("a.example.com", State.ISSUED, Optional.of(first.notAfter())));
            assertNotReady(proxy, "after PT0.01S, \"b.example.com\" has no certificate");

            manager.fail("a.example.com", LATER, "the CA is down");
            assertThat(proxy.certificates().get("a.example.com"))
                    .as("the sink knows what is served")
                    .isEqualTo(new CertificateStatus(
                            "a.example.com",
                            State.BACKING_OFF,
                            Optional.of(first.notAfter()),
                            Optional.of(LATER),
                            Optional.of("the CA is down")));
            manager.fail("a.example.com", LATER, "the CA is down");
            CertifiedKey second = manager.issue("b.example.com");
            proxy.awaitReady(Duration.ofSeconds(10));
            assertThat(shownBy(proxy, "b.example.com")).isEqualTo(second.leaf());
            assertThat(events)
                    .containsExactly(
                            "a.example.com ORDERING",
                            "a.example.com BACKING_OFF the CA could not reach 192.0.2.1 (open port 80)",
                            "a.example.com ORDERING",
                            "a.example.com deployed",
                            "a.example.com ISSUED",
                            "a.example.com BACKING_OFF the CA is down",
                            "b.example.com deployed",
                            "b.example.com ISSUED");
            assertThatThrownBy(() -> proxy.certificates().clear()).isInstanceOf(UnsupportedOperationException.class);
        }
        assertThat(manager.isClosed()).isTrue();
    }

    @Test
    void awaitReadyEndsWhenTheLastCertificateComes() throws Exception {
        try (TlsProxy proxy = started("a.example.com")) {
            CompletableFuture<Void> ready =
                    CompletableFuture.runAsync(() -> proxy.awaitReady("A.example.com", Duration.ofSeconds(30)));
            assertThatThrownBy(() -> ready.get(50, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);

            manager.context().sink().deploy("a.example.com", manager.ca.issue("*.example.com"));

            ready.get(10, TimeUnit.SECONDS);
            assertThat(proxy.certificates().get("a.example.com").state())
                    .as("of a manager that tells no status")
                    .isEqualTo(State.ISSUED);
        }
    }

    @Test
    void closeEndsAwaitReadyWithTheProblem() throws Exception {
        TlsProxy proxy = started("a.example.com");
        manager.fail("a.example.com", LATER, "no answer");
        CompletableFuture<Void> ready = CompletableFuture.runAsync(() -> proxy.awaitReady(Duration.ofSeconds(30)));
        assertThatThrownBy(() -> ready.get(50, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);

        proxy.close();

        assertThatThrownBy(() -> ready.get(10, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(ProxyNotReadyException.class)
                .hasMessage("proxy was closed before \"a.example.com\" has no certificate (no answer)");
        assertThatThrownBy(proxy::certificates)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("proxy is closed");
    }

    @Test
    void refusesACertificateForAnotherName() throws Exception {
        try (TlsProxy proxy = started("a.example.com")) {
            assertThatThrownBy(
                            () -> manager.context().sink().deploy("a.example.com", manager.ca.issue("b.example.com")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "certificate for \"a.example.com\" is for [b.example.com] (expected: one that covers the"
                                    + " name)");
            assertThat(proxy.certificates()).containsValue(status("a.example.com", State.WAITING));
        }
    }

    @Test
    void ownCertificatesAndTheLocalCasAreInTheMapToo() throws Exception {
        CertifiedKey own = TestCa.create().issue("own.example.com");
        Path pem = TestPem.file(directory.resolve("own.pem"), TestPem.keyOf(own), TestPem.chainOf(own));
        CertificateStore store = CertificateStore.inMemory();
        for (State expected : List.of(State.ISSUED, State.LOADED)) {
            try (TlsProxy proxy = started(builder(store, "own.example.com", "api.localhost", "a.example.com")
                    .certificate(pem, pem))) {
                assertThat(proxy.certificates()).hasSize(3);
                assertThat(proxy.certificates().get("own.example.com"))
                        .isEqualTo(CertificateStatus.of("own.example.com", State.LOADED, Optional.of(own.notAfter())));
                CertificateStatus local = proxy.certificates().get("api.localhost");
                assertThat(local.state()).isEqualTo(expected);
                assertThat(local.notAfter())
                        .contains(store.load("api.localhost").orElseThrow().notAfter());
            }
        }
    }

    @Test
    @SuppressWarnings("try")
    void showsAChallengeCertificateUnderItsProtocolOnly() throws Exception {
        CertifiedKey challenge = manager.ca.issue("a.example.com");
        try (TlsProxy proxy = started("a.example.com", "b.example.com")) {
            try (Presented presented = manager.context().challenges().tlsAlpn01("a.example.com", challenge)) {
                assertThat(shownBy(proxy, "a.example.com", "acme-tls/1"))
                        .as("pending, and no certificate yet")
                        .isEqualTo(challenge.leaf());
                assertThatThrownBy(() -> shownBy(proxy, "a.example.com", "acme-tls/1", "h2"))
                        .as("mixed, and no certificate yet")
                        .hasMessageContaining("unrecognized_name");
                X509Certificate served = manager.issue("a.example.com").leaf();
                manager.issue("b.example.com");
                assertThat(shownBy(proxy, "a.example.com", "acme-tls/1")).isEqualTo(challenge.leaf());
                assertThat(shownBy(proxy, "A.Example.COM", "acme-tls/1")).isEqualTo(challenge.leaf());
                assertThat(shownBy(proxy, "a.example.com", "acme-tls/1", "h2")).isEqualTo(served);
                assertThat(shownBy(proxy, "a.example.com", "h2", "acme-tls/1")).isEqualTo(served);
                assertThat(shownBy(proxy, "a.example.com")).isEqualTo(served);
                for (String other : new String[] {"b.example.com", "unknown.example.com", null}) {
                    assertThatThrownBy(() -> shownBy(proxy, other, "acme-tls/1"))
                            .as("not pending: %s", other)
                            .hasMessageContaining("no_application_protocol");
                }
            }
            assertThatThrownBy(() -> shownBy(proxy, "a.example.com", "acme-tls/1"))
                    .as("pending no more")
                    .hasMessageContaining("no_application_protocol");
        }
        assertThat(manager.demanded).isEmpty();
    }

    @Test
    @SuppressWarnings("try")
    void answersHttpChallengesBeforeTheRedirect() throws Exception {
        try (TlsProxy proxy = started("a.example.com")) {
            String path = "/.well-known/acme-challenge/";
            try (Presented presented =
                    manager.context().challenges().http01("a.example.com", "token-1", "token-1.key")) {
                assertThat(plain(proxy, "a.example.com", path + "token-1"))
                        .startsWith("HTTP/1.1 200 OK\r\n")
                        .endsWith("\r\n\r\ntoken-1.key");
                assertThat(plain(proxy, "a.example.com", path + "token-2")).startsWith("HTTP/1.1 404 ");
                assertThat(plain(proxy, "b.example.com", path + "token-1")).startsWith("HTTP/1.1 404 ");
                assertThat(plain(proxy, "a.example.com", "/")).startsWith("HTTP/1.1 308 ");
            }
            assertThat(plain(proxy, "a.example.com", path + "token-1")).startsWith("HTTP/1.1 404 ");
        }
    }

    @Test
    void obtainsACertificateForANameOfTheDefaultRouteAtItsFirstHandshake() throws Exception {
        manager.grants.put("new.example.com", new CompletableFuture<>());
        try (RawUpstream upstream = RawUpstream.saying("hello");
                TlsProxy proxy = started(builder(CertificateStore.inMemory()).route("*", upstream.uri()))) {
            assertThat(manager.context().names()).isEmpty();
            CompletableFuture<X509Certificate> first =
                    CompletableFuture.supplyAsync(() -> shownOrThrow(proxy, "new.example.com"));
            await().until(() -> manager.demanded.contains("new.example.com"));
            assertThat(first).isNotDone();

            CertifiedKey key = manager.issue("new.example.com");
            manager.grants.get("new.example.com").complete(true);

            assertThat(first.get(10, TimeUnit.SECONDS)).isEqualTo(key.leaf());
            assertThat(shownBy(proxy, "new.example.com")).isEqualTo(key.leaf());
            assertThat(proxy.certificates())
                    .containsEntry(
                            "new.example.com",
                            CertificateStatus.of("new.example.com", State.ISSUED, Optional.of(key.notAfter())));
            for (String refused : List.of("other.example.com", "broken.example.com", "router.localhost")) {
                assertThatThrownBy(() -> shownBy(proxy, refused)).hasMessageContaining("unrecognized_name");
            }
            assertThat(manager.demanded).containsExactly("new.example.com", "other.example.com", "broken.example.com");
            manager.fail("other.example.com", LATER, "refused by the CA");
            assertThat(proxy.certificates()).as("refused names do not pile up").containsOnlyKeys("new.example.com");
        }
    }

    @Test
    void asksForNamesThatAWildcardRouteServesAndForNoOthers() throws Exception {
        try (TlsProxy proxy = started("*.example.com", "a.example.com")) {
            for (String name : List.of("new.example.com", "a.example.com", "x.y.example.com", "example.com")) {
                assertThatThrownBy(() -> shownBy(proxy, name)).hasMessageContaining("unrecognized_name");
            }
            assertThat(manager.demanded).containsExactly("new.example.com");
        }
    }

    @Test
    void tellsWhichNamesThatAPatternServesAreUsed() throws Exception {
        try (TlsProxy proxy = started("*.example.com", "own.example.com")) {
            for (String name : List.of("a.example.com", "broken.example.com", "own.example.com")) {
                manager.issue(name);
                shownBy(proxy, name);
            }
            assertThat(manager.used).containsExactly("a.example.com", "broken.example.com");
            assertThat(manager.demanded).isEmpty();
        }
    }

    @Test
    void givesPublicAddressesToTheManagerAndOthersToTheLocalCa() throws Exception {
        try (TlsProxy proxy = started("8.8.8.8", "[2606:4700:4700::1111]", "192.168.1.1", "[fd00::1]")) {
            assertThat(manager.context().names()).containsExactly("8.8.8.8", "2606:4700:4700:0:0:0:0:1111");
            assertThat(proxy.certificates().get("192.168.1.1").state()).isEqualTo(State.ISSUED);
            assertThat(proxy.certificates().get("8.8.8.8").state()).isEqualTo(State.WAITING);
            manager.issue("2606:4700:4700:0:0:0:0:1111");
            manager.issue("8.8.8.8");
            proxy.awaitReady(Duration.ZERO);
        }
    }

    @Test
    void asksForNoAddressThatAClientSendsAsAName() throws Exception {
        try (TlsProxy proxy = started(builder(CertificateStore.inMemory()).route("*", "http://127.0.0.1:1"))) {
            assertThatThrownBy(() -> shownBy(proxy, "8.8.8.8")).hasMessageContaining("unrecognized_name");
            assertThat(manager.demanded).isEmpty();
        }
    }

    @Test
    void closingTheProxyEndsHandshakesThatWait() throws Exception {
        manager.grants.put("new.example.com", new CompletableFuture<>());
        TlsProxy proxy = started("*.example.com");
        CompletableFuture<X509Certificate> waiting =
                CompletableFuture.supplyAsync(() -> shownOrThrow(proxy, "new.example.com"));
        await().until(() -> manager.demanded.contains("new.example.com"));

        proxy.close();

        assertThat(waiting).failsWithin(Duration.ofSeconds(5));
        manager.grants.get("new.example.com").complete(true);
    }

    @Test
    void aDefaultRouteAloneNeedsAManagerThatServesOnDemand() {
        TlsProxyBuilder builder = TlsProxy.builder().route("*", "http://127.0.0.1:1");

        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(builder.acme(new FakeManager(false))::build)
                .withMessage("route \"*\" names no host to serve a certificate for;"
                        + " add a route with a host name, or call certificate(...)");
    }

    private TlsProxyBuilder builder(CertificateStore store, String... hosts) {
        TlsProxyBuilder builder = TlsProxy.builder()
                .https(ANY_PORT)
                .http(ANY_PORT)
                .store(store)
                .acme(manager)
                .events(new Recorder());
        for (String host : hosts) {
            builder.route(host, "http://127.0.0.1:1");
        }
        return builder;
    }

    private TlsProxy started(String... hosts) {
        return started(builder(CertificateStore.inMemory(), hosts));
    }

    private static TlsProxy started(TlsProxyBuilder builder) {
        TlsProxy proxy = builder.build();
        proxy.start();
        return proxy;
    }

    private static CertificateStatus status(String name, State state) {
        return CertificateStatus.of(name, state, Optional.empty());
    }

    private static void assertNotReady(TlsProxy proxy, String message) {
        assertThatExceptionOfType(ProxyNotReadyException.class)
                .isThrownBy(() -> proxy.awaitReady(Duration.ofMillis(10)))
                .withMessage(message);
    }

    private static X509Certificate shownOrThrow(TlsProxy proxy, String sni) {
        try {
            return shownBy(proxy, sni);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** The certificate shown to a client that trusts any, as a validating CA does. */
    private static X509Certificate shownBy(TlsProxy proxy, @Nullable String sni, String... alpn) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new TrustAny()}, new SecureRandom());
        InetSocketAddress address = proxy.addresses().https();
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket()) {
            socket.connect(address, 10_000);
            socket.setSoTimeout(20_000);
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setServerNames(sni == null ? List.of() : List.of(new SNIHostName(sni)));
            parameters.setApplicationProtocols(alpn);
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            return (X509Certificate) socket.getSession().getPeerCertificates()[0];
        }
    }

    private static String plain(TlsProxy proxy, String host, String target) throws IOException {
        InetSocketAddress address = proxy.addresses().http().orElseThrow();
        try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream()
                    .write(("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    private static final class TrustAny implements X509TrustManager {

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    private final class Recorder implements ProxyEvents {

        @Override
        public void certificateDeployed(String name, CertifiedKey key) {
            events.add(name + " deployed");
        }

        @Override
        public void certificateStatus(CertificateStatus status) {
            events.add(status.name() + " " + status.state()
                    + status.problem().map(problem -> " " + problem).orElse(""));
        }
    }
}
