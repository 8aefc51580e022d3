package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.testing.RawUpstream;
import dev.tlsproxy.testing.TestCa;
import dev.tlsproxy.testing.TestPem;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Upstreams that are asked whether they are well, by a running proxy. */
@Timeout(60)
class HealthCheckIT {

    private static final HealthCheck CHECK =
            HealthCheck.of("/health").interval(Duration.ofMillis(20)).rise(2).fall(2);

    private final AtomicReference<String> health =
            new AtomicReference<>("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    private RawUpstream checked;
    private RawUpstream other;

    @BeforeEach
    void open() throws IOException {
        checked = RawUpstream.answering((request, connection) -> {
            String state = health.get();
            if (!request.target().equals("/health")) {
                RawUpstream.write(connection, RawUpstream.ok("checked"));
            } else if (!state.isEmpty()) {
                RawUpstream.write(connection, state);
                connection.close();
            }
        });
        other = RawUpstream.saying("other");
    }

    @AfterEach
    void close() throws IOException {
        checked.close();
        other.close();
    }

    @Test
    void anUpstreamWhoseCheckFailsIsSkippedUntilItPassesAgain() throws Exception {
        try (LocalProxy local = proxy(route().healthCheck(CHECK));
                RawTlsClient client = local.http1()) {
            assertThat(List.of(get(client), get(client))).containsExactlyInAnyOrder("checked", "other");

            health.set("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
            assertThat(told(local))
                    .isEqualTo("down " + checked.uri() + ": health check /health: status 503 (expected: 200..299)");
            for (int i = 0; i < 10; i++) {
                assertThat(get(client)).isEqualTo("other");
            }

            health.set("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
            assertThat(told(local)).isEqualTo("up " + checked.uri() + ": health check /health passed");
            assertThat(List.of(get(client), get(client))).containsExactlyInAnyOrder("checked", "other");
        }
    }

    @Test
    void checksAskWithTheirOwnHostOnAConnectionThatIsClosed() throws Exception {
        try (LocalProxy local = proxy(route().healthCheck(CHECK.host("health.example")))) {
            Awaitility.await().until(() -> checked.requests().size() >= 3);
            RawUpstream.Request request = checked.requests().get(0);
            assertThat(request.line()).isEqualTo("GET /health HTTP/1.1");
            assertThat(request.fields())
                    .containsExactly(
                            "Host: health.example",
                            "User-Agent: tls-proxy health check",
                            "Accept: */*",
                            "Connection: close");
            assertThat(local.upstreams).isEmpty();
        }
    }

    @Test
    void silenceGarbageAndRefusalsFailEachWithItsReason() throws Exception {
        HealthCheck quick = CHECK.timeout(Duration.ofSeconds(1)); // which those that pass have to keep, too
        try (LocalProxy local = proxy(route().healthCheck(quick))) {
            health.set("");
            assertFails(local, "no answer within PT1S");
            health.set("SSH-2.0-OpenSSH_10.0\r\n");
            assertFails(local, "upstream sent an invalid response");
            health.set("HTTP/1.1 20");
            assertFails(local, "upstream closed the connection");
            RawUpstream dead = checked;
            dead.close();
            assertThat(told(local))
                    .isEqualTo("down " + dead.uri() + ": health check /health: upstream refused the connection");
            checked = RawUpstream.again(dead);
            assertThat(told(local)).isEqualTo("up " + dead.uri() + ": health check /health passed");
        }
    }

    private void assertFails(LocalProxy local, String reason) throws Exception {
        assertThat(told(local)).isEqualTo("down " + checked.uri() + ": health check /health: " + reason);
        health.set("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        assertThat(told(local)).isEqualTo("up " + checked.uri() + ": health check /health passed");
    }

    @Test
    void whereAllChecksFailRequestsAreServedAllTheSame() throws Exception {
        health.set("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
        try (LocalProxy local =
                        proxy(Route.of(LocalProxy.HOST).to(checked.uri()).healthCheck(CHECK));
                RawTlsClient client = local.http1()) {
            assertThat(told(local)).startsWith("down ");
            assertThat(get(client)).isEqualTo("checked");
        }
    }

    @Test
    void aRouteWithoutCheckGoesOnToAskAnUpstreamWhoseCheckFailsForAnother() throws Exception {
        health.set("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
        try (LocalProxy local = LocalProxy.started(LocalProxy.builder()
                        .route(route().healthCheck(CHECK))
                        .route(LocalProxy.HOST + "/all", checked.uri(), other.uri()));
                RawTlsClient client = local.http1()) {
            assertThat(told(local)).startsWith("down ");
            assertThat(List.of(get(client), get(client))).containsExactly("other", "other");
            assertThat(List.of(get(client, "/all"), get(client, "/all"))).containsExactlyInAnyOrder("checked", "other");
        }
    }

    @Test
    void anUpdateKeepsWhatIsKnownOfRoutesThatStayAndForgetsTheRest() throws Exception {
        health.set("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
        try (LocalProxy local = proxy(route().healthCheck(CHECK));
                RawTlsClient client = local.http1()) {
            assertThat(told(local)).startsWith("down ");
            for (int i = 0; i < 20; i++) {
                int number = i;
                local.proxy.update(u -> u.route(LocalProxy.HOST + "/added" + number, other.uri())
                        .route(route().healthCheck(CHECK).maxRequestBody(number)));
                assertThat(get(client)).isEqualTo("other");
            }
            assertThat(local.upstreams).isEmpty();

            local.proxy.update(u -> u.route(route()));
            assertThat(told(local)).isEqualTo("up " + checked.uri() + ": is checked no longer");
            assertThat(List.of(get(client), get(client))).containsExactlyInAnyOrder("checked", "other");
            assertNoMoreChecks();
        }
    }

    @Test
    void checksEndWithTheProxy() throws Exception {
        try (LocalProxy local = proxy(route().healthCheck(CHECK))) {
            Awaitility.await().until(() -> checked.requests().size() >= 3);
            local.proxy.close();
            assertNoMoreChecks();
            assertThat(local.upstreams).isEmpty();
        }
    }

    @Test
    void checksOfTlsUpstreamsVerifyTheirCertificate(@TempDir Path dir) throws Exception {
        TestCa ca = TestCa.create();
        CertifiedKey key = ca.issue("localhost");
        Path root = TestPem.file(dir.resolve("ca.pem"), TestPem.of(List.of(ca.root())));
        Path chain = TestPem.file(dir.resolve("chain.pem"), TestPem.chainOf(key));
        Path keyFile = TestPem.file(dir.resolve("key.pem"), TestPem.keyOf(key));
        try (RawUpstream plain = RawUpstream.saying("tls");
                LocalProxy tls = LocalProxy.started(
                        LocalProxy.builder().route("localhost", plain.uri()).certificate(chain, keyFile))) {
            String uri = "https://localhost:" + tls.proxy.addresses().https().getPort();
            try (LocalProxy untrusting = proxy(Route.of(LocalProxy.HOST).to(uri).healthCheck(CHECK))) {
                assertThat(told(untrusting))
                        .isEqualTo("down " + uri + ": health check /health: TLS handshake with upstream failed");
            }
            assertThat(plain.requests()).isEmpty();
            try (LocalProxy trusting = proxy(
                    Route.of(LocalProxy.HOST).to(Upstream.of(uri).trust(root)).healthCheck(CHECK))) {
                Awaitility.await().until(() -> plain.requests().size() >= 3);
                assertThat(trusting.upstreams).isEmpty();
            }
        }
    }

    private void assertNoMoreChecks() {
        Awaitility.await().until(() -> checked.openConnections() <= 1); // that of the client's requests may be kept
        int requests = checked.requests().size();
        Awaitility.await()
                .pollDelay(Duration.ofMillis(200)) // ten intervals
                .until(() -> checked.requests().size() == requests);
    }

    private Route route() {
        return Route.of(LocalProxy.HOST).to(checked.uri(), other.uri());
    }

    private static LocalProxy proxy(Route route) {
        return LocalProxy.started(LocalProxy.builder().route(route));
    }

    private static String told(LocalProxy local) throws InterruptedException {
        return String.valueOf(local.upstreams.poll(10, TimeUnit.SECONDS));
    }

    private static String get(RawTlsClient client) throws Exception {
        return get(client, "/");
    }

    private static String get(RawTlsClient client, String target) throws Exception {
        client.send("GET " + target + " HTTP/1.1\r\nHost: " + client.authority() + "\r\n\r\n");
        String response = client.readResponse();
        return response.substring(response.indexOf("\r\n\r\n") + 4);
    }
}
