package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.testing.EchoListener;
import dev.tlsproxy.testing.RawUpstream;
import dev.tlsproxy.testing.WebSocketAnswer;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** What start opens and close leaves. */
class LifecycleIT {

    private static final InetSocketAddress ANY_PORT = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    @Test
    void aPreparedProxyServesAndThePreparationLeavesNoThread() throws Exception {
        TlsProxy.prepare();
        try (RawUpstream upstream = RawUpstream.answering(
                        (request, connection) -> RawUpstream.write(connection, RawUpstream.ok("prepared")));
                TlsProxy proxy = started(upstream)) {
            HttpRequest request =
                    HttpRequest.newBuilder(proxy.uri("api.localhost")).build();

            assertThat(client(proxy).send(request, BodyHandlers.ofString()).body())
                    .isEqualTo("prepared");
        }
        Awaitility.await()
                .atMost(Duration.ofSeconds(5))
                .untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                        .extracting(Thread::getName)
                        .doesNotContain("tls-proxy-prepare", "tls-proxy-self-test"));
    }

    @Test
    void closeLetsRunningExchangesEnd() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        try (RawUpstream upstream = RawUpstream.answering((request, connection) -> {
            asked.countDown();
            await(answer);
            RawUpstream.write(connection, RawUpstream.ok("late"));
        })) {
            TlsProxy proxy = started(upstream);
            CompletableFuture<HttpResponse<String>> response = client(proxy)
                    .sendAsync(
                            HttpRequest.newBuilder(proxy.uri("api.localhost"))
                                    .version(
                                            HttpClient.Version
                                                    .HTTP_1_1) // JDK-8335181: gives up its streams at any GOAWAY
                                    .build(),
                            BodyHandlers.ofString());
            assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
            int port = proxy.addresses().https().getPort();
            CompletableFuture<Void> closing = CompletableFuture.runAsync(proxy::close);

            Awaitility.await()
                    .atMost(Duration.ofSeconds(5))
                    .untilAsserted(() -> assertThatThrownBy(
                                    () -> new Socket(InetAddress.getLoopbackAddress(), port).close())
                            .isInstanceOf(ConnectException.class));
            assertThat(closing).isNotDone();
            answer.countDown();

            assertThat(response.get(10, TimeUnit.SECONDS).body()).isEqualTo("late");
            closing.get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void closeIsOverInTenSecondsEvenIfAnExchangeHangs() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        try (RawUpstream upstream = RawUpstream.answering((request, connection) -> {
            asked.countDown();
            await(never);
        })) {
            TlsProxy proxy = started(upstream);
            CompletableFuture<HttpResponse<String>> response = client(proxy)
                    .sendAsync(
                            HttpRequest.newBuilder(proxy.uri("api.localhost")).build(), BodyHandlers.ofString());
            assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();

            CompletableFuture.runAsync(proxy::close).get(12, TimeUnit.SECONDS);

            assertThat(response).failsWithin(Duration.ofSeconds(5));
            never.countDown();
        }
    }

    @Test
    void closeLeavesNoThreadNoPortAndNoFileHandle() throws Exception {
        Assumptions.assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")), "no /proc/self/fd on this system");
        runOnce(); // loads classes and opens what the JVM keeps
        Set<Thread> threads = proxyThreads();
        Set<String> handles = handles();

        for (int i = 0; i < 3; i++) {
            runOnce();
        }

        Awaitility.await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
            assertThat(proxyThreads()).isEqualTo(threads);
            assertThat(handles()).isSubsetOf(handles);
        });
        assertThat(threads).isEmpty();
    }

    /** A proxy's whole life with every kind of connection: HTTP/1.1, HTTP/2, redirect, tunnel, idle and half-made ones. */
    private static void runOnce() throws Exception {
        try (RawUpstream upstream = RawUpstream.answering((request, connection) -> {
            if (request.header("Upgrade").isPresent()) {
                new WebSocketAnswer().write(request, connection);
            } else {
                RawUpstream.write(connection, RawUpstream.ok("hello"));
            }
        })) {
            TlsProxy proxy = started(upstream);
            InetSocketAddress https = proxy.addresses().https();
            try (RawTlsClient idle = RawTlsClient.connect(proxy, "api.localhost");
                    Socket silent = new Socket(https.getAddress(), https.getPort())) {
                idle.send("GET / HTTP/1.1\r\nHost: " + idle.authority() + "\r\n\r\n");
                assertThat(idle.readHead()).startsWith("HTTP/1.1 200");
                HttpResponse<String> response = client(proxy)
                        .send(HttpRequest.newBuilder(proxy.uri("api.localhost")).build(), BodyHandlers.ofString());
                assertThat(response.body()).isEqualTo("hello");
                client(proxy)
                        .newWebSocketBuilder()
                        .buildAsync(URI.create("wss://api.localhost:" + https.getPort() + "/ws"), new EchoListener())
                        .get(10, TimeUnit.SECONDS);
                assertThat(silent.isConnected()).isTrue();
                proxy.close();
            }
            assertThatThrownBy(() -> new Socket(https.getAddress(), https.getPort()).close())
                    .isInstanceOf(ConnectException.class);
        }
        System.gc(); // the JDK's HttpClient keeps its selector until it is collected
    }

    private static TlsProxy started(RawUpstream upstream) {
        TlsProxy proxy = TlsProxy.builder()
                .https(ANY_PORT)
                .http(ANY_PORT)
                .store(CertificateStore.inMemory())
                .route("api.localhost", upstream.uri())
                .build();
        proxy.start();
        return proxy;
    }

    private static HttpClient client(TlsProxy proxy) {
        return HttpClient.newBuilder().sslContext(proxy.trustedSslContext()).build();
    }

    private static Set<Thread> proxyThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("tls-proxy")
                        || thread.getName().startsWith("XNIO"))
                .collect(Collectors.toSet());
    }

    /** Sockets, pipes, selectors and files: what a handle points to, without those that are gone meanwhile. */
    private static Set<String> handles() throws IOException {
        System.gc();
        try (Stream<Path> handles = Files.list(Path.of("/proc/self/fd"))) {
            return handles.map(LifecycleIT::pointsTo)
                    .filter(target -> !target.isEmpty())
                    .collect(Collectors.toSet());
        }
    }

    private static String pointsTo(Path handle) {
        try {
            String target = Files.readSymbolicLink(handle).toString();
            return target.startsWith("socket:") || target.startsWith("anon_inode:") || target.startsWith("pipe:")
                    ? target
                    : "";
        } catch (IOException e) {
            return "";
        }
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            latch.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }
}
