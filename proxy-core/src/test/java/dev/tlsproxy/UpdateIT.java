package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.spi.CertificateStatus.State;
import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.spi.ExchangeFilter;
import dev.tlsproxy.spi.ExchangeSummary;
import dev.tlsproxy.spi.ProxyEvents;
import dev.tlsproxy.testing.EchoListener;
import dev.tlsproxy.testing.RawUpstream;
import dev.tlsproxy.testing.TestCa;
import dev.tlsproxy.testing.TestPem;
import dev.tlsproxy.testing.WebSocketAnswer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a running proxy serves changes, as a whole or not at all, and drops nobody. */
@Timeout(60)
class UpdateIT {

    private RawUpstream one;
    private RawUpstream two;

    @BeforeEach
    void open() throws IOException {
        one = RawUpstream.saying("one");
        two = RawUpstream.saying("two");
    }

    @AfterEach
    void close() throws IOException {
        one.close();
        two.close();
    }

    @Test
    void reportsWhatWasKeptChangedAddedAndRemoved() throws Exception {
        try (LocalProxy local = LocalProxy.started(LocalProxy.builder()
                .route("kept.localhost", one.uri())
                .route("changed.localhost", one.uri())
                .route("removed.localhost", one.uri()))) {
            UpdateReport report = local.proxy.update(u -> u.route("KEPT.localhost", one.uri())
                    .route("changed.localhost", two.uri())
                    .route("added.localhost/api", two.uri())
                    .remove("removed.localhost"));

            assertThat(report)
                    .isEqualTo(new UpdateReport(
                            List.of("kept.localhost"),
                            List.of("changed.localhost"),
                            List.of("added.localhost/api"),
                            List.of("removed.localhost"),
                            0,
                            0));
            assertThat(report)
                    .hasToString("kept 1, changed [changed.localhost], added [added.localhost/api],"
                            + " removed [removed.localhost], tunnels kept 0");
            assertThat(get(local, "kept.localhost", "/").body()).isEqualTo("one");
            assertThat(get(local, "changed.localhost", "/").body()).isEqualTo("two");
            assertThat(get(local, "added.localhost", "/api").body()).isEqualTo("two");
            assertThat(get(local, "added.localhost", "/").statusCode()).isEqualTo(404);
        }
    }

    @Test
    void newNameIsServedWhenUpdateReturnsAndRemovedNameIsNot() throws Exception {
        try (LocalProxy local = LocalProxy.to(one.uri());
                RawTlsClient connected = local.http1()) {
            local.proxy.update(u -> u.route("new.localhost", two.uri()).remove(LocalProxy.HOST));

            assertThat(get(local, "new.localhost", "/").body()).isEqualTo("two");
            assertThat(local.proxy.certificates()).containsOnlyKeys("new.localhost");
            local.proxy.awaitReady("new.localhost", Duration.ZERO);
            local.proxy.awaitReady(Duration.ZERO);
            assertThatThrownBy(() -> local.proxy.awaitReady(LocalProxy.HOST, Duration.ZERO))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("name: \"api.localhost\" (expected: one of [new.localhost])");
            assertThatThrownBy(() -> local.http1().close())
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("unrecognized_name");
            connected.send("GET / HTTP/1.1\r\nHost: " + connected.authority() + "\r\n\r\n");
            assertThat(connected.readHead()).startsWith("HTTP/1.1 404");
        }
    }

    @Test
    void exchangeUnderWayOnARemovedRouteCompletes() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        try (RawUpstream slow = RawUpstream.answering((request, connection) -> {
                    asked.countDown();
                    awaitUninterrupted(answer);
                    RawUpstream.write(connection, RawUpstream.ok("late"));
                });
                LocalProxy local = LocalProxy.started(
                        LocalProxy.builder().route(LocalProxy.HOST, slow.uri()).route("b.localhost", one.uri()));
                RawTlsClient client = local.http1()) {
            client.send("GET / HTTP/1.1\r\nHost: " + client.authority() + "\r\n\r\n");
            assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();

            local.proxy.update(u -> u.remove(LocalProxy.HOST));
            answer.countDown();

            assertThat(client.readResponse()).startsWith("HTTP/1.1 200").endsWith("late");
            Awaitility.await().atMost(Duration.ofSeconds(2)).until(() -> slow.openConnections() == 0);
        }
    }

    @Test
    void idleConnectionsOfARemovedUpstreamAreClosedAndThoseOfOthersKept() throws Exception {
        try (LocalProxy local = LocalProxy.started(LocalProxy.builder()
                .timeouts(Timeouts.defaults().upstreamIdle(Duration.ofMinutes(1)))
                .ioThreads(1)
                .route("a.localhost", one.uri())
                .route("b.localhost", two.uri()))) {
            get(local, "a.localhost", "/");
            get(local, "b.localhost", "/");
            assertThat(List.of(one.openConnections(), two.openConnections())).containsExactly(1, 1);

            local.proxy.update(u -> u.remove("a.localhost")
                    .route(Route.of("b.localhost").to(two.uri()).maxRequestBody(7)));

            Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> one.openConnections() == 0);
            assertThat(two.openConnections()).isEqualTo(1);
        }
    }

    @Test
    void refusedUpdateLeavesEverythingAsItWas() throws Exception {
        FakeManager manager = new FakeManager(false);
        try (LocalProxy local = LocalProxy.started(LocalProxy.builder()
                .acme(manager)
                .route(LocalProxy.HOST, one.uri())
                .route("public.example.com", one.uri()))) {
            manager.issue("public.example.com");
            var before = local.proxy.certificates();
            X509Certificate root = local.proxy.localCaCertificate().orElseThrow();
            AtomicInteger reached = new AtomicInteger();

            assertRefused(
                    local,
                    u -> u.remove(LocalProxy.HOST).remove("public.example.com"),
                    IllegalStateException.class,
                    "no route; call route(...)");
            assertRefused(
                    local,
                    u -> u.route("c.localhost", two.uri()).remove("nobody.localhost"),
                    IllegalArgumentException.class,
                    "route: \"nobody.localhost\" (expected: one of [api.localhost, public.example.com, c.localhost])");
            assertRefused(
                    local,
                    u -> u.route("c.localhost", two.uri()).withoutCertificate("c.localhost"),
                    IllegalArgumentException.class,
                    "certificate name: \"c.localhost\" (expected: one of [])");
            assertRefused(
                    local,
                    u -> u.route("c.localhost"),
                    IllegalStateException.class,
                    "route \"c.localhost\" has no upstream; call to(...)");
            assertRefused(
                    local,
                    u -> u.remove(LocalProxy.HOST)
                            .route("c.localhost", two.uri())
                            .route("other.example.com", two.uri()),
                    IllegalStateException.class,
                    "certificates for [public.example.com, other.example.com]: names of a manager are fixed at its start");
            assertRefused(
                    local,
                    u -> {
                        reached.incrementAndGet();
                        local.proxy.update(inner -> reached.incrementAndGet());
                    },
                    IllegalStateException.class,
                    "update(...) on a thread of the proxy or inside another update, which it would wait for"
                            + " (call it on a thread of your own)");

            assertThat(reached).hasValue(1);
            assertThat(local.proxy.certificates()).isEqualTo(before);
            assertThat(local.proxy.localCaCertificate()).contains(root);
            assertThat(get(local, LocalProxy.HOST, "/").body()).isEqualTo("one");
            assertThatThrownBy(() -> RawTlsClient.connect(local.proxy, "c.localhost"))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("unrecognized_name");
        }
    }

    private static void assertRefused(
            LocalProxy local, Consumer<ProxyUpdate> changes, Class<? extends Exception> type, String message) {
        assertThatThrownBy(() -> local.proxy.update(changes)).isInstanceOf(type).hasMessage(message);
    }

    @Test
    void managersHearOfTheNamesThatChangeAndOfNoOthers() throws Exception {
        FakeManager manager = new FakeManager(false).changeable();
        try (LocalProxy local =
                LocalProxy.started(LocalProxy.builder().acme(manager).route("a.example.com", one.uri()))) {
            local.proxy.update(u -> u.route("a.example.com", two.uri()));
            assertThat(manager.heard).isEmpty();

            local.proxy.update(u -> u.route("b.example.com", two.uri()).route("c.localhost", two.uri()));
            assertThat(manager.heard).containsExactly(Set.of("a.example.com", "b.example.com"));
            assertThat(local.proxy.certificates().get("b.example.com").state()).isEqualTo(State.WAITING);
            assertThatThrownBy(() -> local.proxy.awaitReady("b.example.com", Duration.ZERO))
                    .isInstanceOf(ProxyNotReadyException.class);
            manager.issue("b.example.com");
            local.proxy.awaitReady("b.example.com", Duration.ZERO);
            assertThat(get(local, "c.localhost", "/").body()).isEqualTo("two");

            local.proxy.update(u -> u.remove("b.example.com").remove("c.localhost"));
            assertThat(manager.heard).last().isEqualTo(Set.of("a.example.com"));
            assertThat(local.proxy.localCaCertificate()).isEmpty();
        }
    }

    /** As of an order that was under way; the second name was a handshake's. */
    @Test
    void certificateThatComesWhenItsNameIsGoneIsNotServed() throws Exception {
        FakeManager manager = new FakeManager(true).changeable();
        try (LocalProxy local = LocalProxy.started(LocalProxy.builder()
                .acme(manager)
                .route("a.example.com", one.uri())
                .route("gone.example.com", one.uri())
                .route("*.shop.example.com", one.uri()))) {
            manager.issue("a.example.com");
            local.proxy.update(u -> u.remove("gone.example.com").remove("*.shop.example.com"));
            for (String gone : List.of("gone.example.com", "one.shop.example.com")) {
                manager.issue(gone);
                assertThatThrownBy(() -> RawTlsClient.connect(local.proxy, gone))
                        .as(gone)
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("unrecognized_name");
            }
            assertThat(local.proxy.certificates()).containsOnlyKeys("a.example.com");

            local.proxy.update(u -> u.route("gone.example.com", two.uri()));
            manager.issue("gone.example.com");
            local.proxy.awaitReady("gone.example.com", Duration.ZERO);
        }
    }

    /** The local CA has the new name by then; it gives it up again. */
    @Test
    void managerThatRefusesUndoesWhatOthersHaveDone() throws Exception {
        FakeManager manager = new FakeManager(false).changeable();
        try (LocalProxy local = LocalProxy.started(LocalProxy.builder()
                .acme(manager)
                .route(LocalProxy.HOST, one.uri())
                .route("a.example.com", one.uri()))) {
            manager.refusal = "b.example.com has no DNS provider";

            assertRefused(
                    local,
                    u -> u.route("c.localhost", two.uri()).route("b.example.com", two.uri()),
                    IllegalStateException.class,
                    "certificates for [a.example.com, b.example.com]: b.example.com has no DNS provider");

            assertThat(local.proxy.certificates()).containsOnlyKeys(LocalProxy.HOST, "a.example.com");
            assertThatThrownBy(() -> RawTlsClient.connect(local.proxy, "c.localhost"))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("unrecognized_name");
        }
    }

    @Test
    void ownCertificateIsAddedReplacedAndRemovedWhileClientsStayConnected(@TempDir Path dir) throws Exception {
        TestCa ca = TestCa.create();
        Path[] first = pem(dir, "first", ca.issue(LocalProxy.HOST));
        Path[] second = pem(dir, "second", ca.issue(LocalProxy.HOST));
        try (LocalProxy local = LocalProxy.to(one.uri());
                RawTlsClient connected = local.http1()) {
            X509Certificate local0 = leaf(local);

            local.proxy.update(u -> u.certificate(first[0], first[1]));
            X509Certificate own1 = leaf(local);
            assertThat(local.proxy.certificates().get(LocalProxy.HOST).state()).isEqualTo(State.LOADED);
            local.proxy.update(u -> u.certificate(LocalProxy.HOST, second[0], second[1]));
            X509Certificate own2 = leaf(local);
            local.proxy.update(u -> u.withoutCertificate(LocalProxy.HOST));
            X509Certificate local1 = leaf(local);

            assertThat(own1.getIssuerX500Principal()).isNotEqualTo(local0.getIssuerX500Principal());
            assertThat(own2).isNotEqualTo(own1);
            assertThat(own2.getIssuerX500Principal()).isEqualTo(own1.getIssuerX500Principal());
            assertThat(local1.getIssuerX500Principal()).isEqualTo(local0.getIssuerX500Principal());
            connected.send("GET / HTTP/1.1\r\nHost: " + connected.authority() + "\r\n\r\n");
            assertThat(connected.readResponse()).startsWith("HTTP/1.1 200").endsWith("one");
        }
    }

    @Test
    void policiesOfEveryRouteChangeToo() throws Exception {
        try (LocalProxy local = LocalProxy.to(one.uri())) {
            local.proxy.update(u ->
                    u.forwarded(ForwardedPolicy.defaults().forwardedField()).filters(new Marks()));

            get(local, LocalProxy.HOST, "/");

            assertThat(one.onlyRequest().header("X-Filtered")).contains("yes");
            assertThat(one.onlyRequest().header("Forwarded")).isPresent();
        }
    }

    @Test
    void updatesOfSeveralThreadsRunOneAfterTheOther() throws Exception {
        try (LocalProxy local = LocalProxy.to(one.uri())) {
            AtomicInteger inside = new AtomicInteger();
            AtomicInteger most = new AtomicInteger();
            List<CompletableFuture<Void>> updates = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                String host = "n" + i + ".localhost";
                updates.add(CompletableFuture.runAsync(() -> local.proxy.update(u -> {
                    most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                    u.route(host, two.uri());
                    inside.decrementAndGet();
                })));
            }
            for (CompletableFuture<Void> update : updates) {
                update.get(20, TimeUnit.SECONDS);
            }

            assertThat(most).hasValue(1);
            assertThat(local.proxy.certificates()).hasSize(9);
            assertThat(get(local, "n7.localhost", "/").body()).isEqualTo("two");
        }
    }

    @Test
    void isRefusedBeforeTheStartAfterTheEndAndOnThreadsOfTheProxy() throws Exception {
        TlsProxy fresh = LocalProxy.builder().route(LocalProxy.HOST, one.uri()).build();
        assertThatThrownBy(() -> fresh.update(u -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("proxy is not started; call start()");
        AtomicReference<TlsProxy> running = new AtomicReference<>();
        CompletableFuture<Optional<Throwable>> onIoThread = new CompletableFuture<>();
        TlsProxy proxy = LocalProxy.builder()
                .route(LocalProxy.HOST, one.uri())
                .events(new ProxyEvents() {
                    @Override
                    public void exchangeEnded(ExchangeSummary exchange) {
                        try {
                            running.get().update(u -> u.route("b.localhost", two.uri()));
                            onIoThread.complete(Optional.empty());
                        } catch (RuntimeException e) {
                            onIoThread.complete(Optional.of(e));
                        }
                    }
                })
                .build();
        running.set(proxy);
        proxy.start();
        try (RawTlsClient client = RawTlsClient.connect(proxy, LocalProxy.HOST)) {
            client.send("GET / HTTP/1.1\r\nHost: " + client.authority() + "\r\n\r\n");
            assertThat(onIoThread.get(10, TimeUnit.SECONDS))
                    .hasValueSatisfying(e -> assertThat(e)
                            .isInstanceOf(IllegalStateException.class)
                            .hasMessageStartingWith("update(...) on a thread of the proxy"));
        } finally {
            proxy.close();
        }
        assertThatThrownBy(() -> proxy.update(u -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("proxy is closed");
    }

    @Test
    void tunnelGoesOnWhileItsUpstreamAndHandlerStayAndIsCutAtTheDeadlineElse() throws Exception {
        try (RawUpstream echo = RawUpstream.answering(new WebSocketAnswer());
                LocalProxy local = LocalProxy.started(
                        LocalProxy.builder().route("b.localhost", one.uri()).route(LocalProxy.HOST, echo.uri()))) {
            EchoListener listener = new EchoListener();
            WebSocket tunnel = local.client(HttpClient.Version.HTTP_1_1)
                    .newWebSocketBuilder()
                    .buildAsync(URI.create("wss://" + local.authority() + "/ws"), listener)
                    .get(10, TimeUnit.SECONDS);

            UpdateReport changed = local.proxy.update(
                    u -> u.route(LocalProxy.HOST, two.uri(), echo.uri()).drain(Duration.ofMillis(1)));
            assertThat(List.of(changed.tunnelsKept(), changed.tunnelsDraining()))
                    .containsExactly(1, 0);
            tunnel.sendText("still", true).get(10, TimeUnit.SECONDS);
            assertThat(listener.texts.poll(10, TimeUnit.SECONDS)).isEqualTo("still");

            UpdateReport moved =
                    local.proxy.update(u -> u.route(LocalProxy.HOST, two.uri()).drain(Duration.ofSeconds(1)));
            assertThat(List.of(moved.tunnelsKept(), moved.tunnelsDraining())).containsExactly(0, 1);
            tunnel.sendText("until the deadline", true).get(10, TimeUnit.SECONDS);
            assertThat(listener.texts.poll(10, TimeUnit.SECONDS)).isEqualTo("until the deadline");
            Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> echo.openConnections() == 0);
            assertThat(listener.closed.get(5, TimeUnit.SECONDS)).isEqualTo(1006);
        }
    }

    /** The I/O thread may lose the processor between the 101 and its own next step; some of these meet that moment. */
    @Test
    void countsEachTunnelWhoseClientHasThe101() throws Exception {
        List<RawTlsClient> clients = new ArrayList<>();
        try (RawUpstream echo = RawUpstream.answering(new WebSocketAnswer());
                LocalProxy local = LocalProxy.to(echo.uri())) {
            for (int open = 1; open <= 60; open++) {
                RawTlsClient client = local.http1();
                clients.add(client);
                client.send("GET /ws HTTP/1.1\r\nHost: " + client.authority()
                        + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
                assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");

                assertThat(local.proxy.update(u -> {}).tunnelsKept()).isEqualTo(open);
            }
        } finally {
            for (RawTlsClient client : clients) {
                client.close();
            }
        }
    }

    @Test
    void closeInsideAnUpdateComesAfterIt() throws Exception {
        LocalProxy local = LocalProxy.to(one.uri());

        UpdateReport report = local.proxy.update(u -> {
            local.proxy.close();
            u.route("b.localhost", two.uri());
        });

        assertThat(report.added()).containsExactly("b.localhost");
        Awaitility.await()
                .atMost(Duration.ofSeconds(5))
                .until(() -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().startsWith("tls-proxy")));
        assertThatThrownBy(() -> local.proxy.update(u -> {})).hasMessage("proxy is closed");
    }

    private static X509Certificate leaf(LocalProxy local) throws Exception {
        try (RawTlsClient client = local.http1()) {
            return (X509Certificate) client.socket().getSession().getPeerCertificates()[0];
        }
    }

    private static Path[] pem(Path dir, String name, CertifiedKey key) {
        return new Path[] {
            TestPem.file(dir.resolve(name + ".pem"), TestPem.chainOf(key)),
            TestPem.file(dir.resolve(name + ".key"), TestPem.keyOf(key))
        };
    }

    /** By hand: Java resolves no name below localhost by itself. */
    private static Response get(LocalProxy local, String host, String path) throws IOException {
        try (RawTlsClient client = RawTlsClient.connect(local.proxy, host)) {
            client.send("GET " + path + " HTTP/1.1\r\nHost: " + client.authority() + "\r\n\r\n");
            String response = client.readResponse();
            return new Response(
                    Integer.parseInt(response.substring(9, 12)), response.substring(response.indexOf("\r\n\r\n") + 4));
        }
    }

    private record Response(int statusCode, String body) {}

    private static void awaitUninterrupted(CountDownLatch latch) throws IOException {
        try {
            latch.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private static final class Marks implements ExchangeFilter {
        @Override
        public void request(Exchange exchange) {
            exchange.upstreamRequest().set("X-Filtered", "yes");
        }
    }
}
