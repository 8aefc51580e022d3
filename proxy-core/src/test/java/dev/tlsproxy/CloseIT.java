package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.internal.http.H2Client;
import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.spi.ExchangeSummary;
import dev.tlsproxy.spi.NegotiatedTls;
import dev.tlsproxy.spi.ProxyEvents;
import dev.tlsproxy.testing.EchoListener;
import dev.tlsproxy.testing.RawUpstream;
import dev.tlsproxy.testing.StreamingUpstream;
import dev.tlsproxy.testing.WebSocketAnswer;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Filter;
import java.util.logging.LogManager;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The end of a proxy: from whatever state, on whatever thread, as often as wanted. */
@Timeout(60)
class CloseIT {

    @Test
    void endsStreamsUploadsAndTunnelsWithinElevenSeconds() throws Exception {
        try (StreamingUpstream streams = new StreamingUpstream((head, in, out) -> {
                    if (head.startsWith("GET ")) {
                        StreamingUpstream.write(
                                out, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n");
                    }
                    in.readAllBytes();
                });
                RawUpstream echo = RawUpstream.answering(new WebSocketAnswer());
                LocalProxy local = LocalProxy.started(LocalProxy.builder()
                        .route(LocalProxy.HOST, streams.uri())
                        .route(LocalProxy.HOST + "/ws", echo.uri()));
                RawTlsClient events = local.http1();
                RawTlsClient upload = local.http1();
                RawTlsClient tls = RawTlsClient.connect(local.proxy, LocalProxy.HOST, "h2");
                H2Client http2 = new H2Client(tls.socket())) {
            events.send("GET / HTTP/1.1\r\nHost: " + local.authority() + "\r\n\r\n");
            assertThat(events.readHead()).startsWith("HTTP/1.1 200 OK");
            upload.send("POST / HTTP/1.1\r\nHost: " + local.authority() + "\r\nContent-Length: 100\r\n\r\nhalf");
            http2.headers(1, H2Client.END_STREAM, local.fields("GET", "/"));
            assertThat(http2.nextData(1)).isEqualTo("data: 1\n\n");
            http2.headers(3, 0, local.fields("POST", "/"));
            http2.data(3, 0, "half");
            EchoListener listener = new EchoListener();
            local.client(HttpClient.Version.HTTP_1_1)
                    .newWebSocketBuilder()
                    .buildAsync(URI.create("wss://" + local.authority() + "/ws"), listener)
                    .get(10, TimeUnit.SECONDS);
            Awaitility.await().until(() -> streams.open() == 4);

            CompletableFuture.runAsync(local.proxy::close).get(11, TimeUnit.SECONDS);

            Awaitility.await().atMost(Duration.ofSeconds(2)).until(() -> streams.open() == 0);
            Awaitility.await().atMost(Duration.ofSeconds(2)).until(() -> echo.openConnections() == 0);
            awaitNoThread();
            assertThat(local.ended).hasSize(5);
        }
    }

    /** 20 proxies, one after the other, each in use: the JVM has as much of everything afterwards as after the first few. */
    @Test
    void twentyLivesLeaveNothing() throws Exception {
        try (RawUpstream upstream = RawUpstream.saying("hello")) {
            for (int i = 0; i < 3; i++) {
                live(upstream);
            }
            awaitEndOfHttpClients();
            long heap = heap();
            Set<Thread> threads = Thread.getAllStackTraces().keySet();
            Set<String> beans = beans();

            for (int i = 0; i < 20; i++) {
                live(upstream);
            }

            awaitEndOfHttpClients();
            awaitNoThread();
            assertThat(beans()).isEqualTo(beans);
            assertThat(filters()).isEmpty();
            assertThat(Thread.getAllStackTraces()).hasSizeLessThanOrEqualTo(threads.size() + 3);
            assertThat(heap() - heap).isLessThan(4L * 1024 * 1024);
        }
    }

    @Test
    void startsOnceAndClosesAsOftenAsWanted() throws Exception {
        try (RawUpstream upstream = RawUpstream.saying("hello")) {
            TlsProxy proxy =
                    LocalProxy.builder().route(LocalProxy.HOST, upstream.uri()).build();
            proxy.start();
            assertThatThrownBy(proxy::start)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("proxy is already started");
            int port = proxy.addresses().https().getPort();
            assertThat(port).as("the first start holds").isPositive();

            List<CompletableFuture<Void>> closing = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                closing.add(CompletableFuture.runAsync(proxy::close));
            }
            for (CompletableFuture<Void> close : closing) {
                close.get(10, TimeUnit.SECONDS);
            }
            proxy.close();
            assertThatThrownBy(proxy::start)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("proxy is closed (build a new one)");
            assertThatThrownBy(proxy::addresses)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("proxy is closed");
        }
    }

    @Test
    void proxyThatWasClosedBeforeItsStartStaysClosed() {
        TlsProxy proxy = LocalProxy.builder()
                .route(LocalProxy.HOST, "http://127.0.0.1:1")
                .build();
        proxy.close();

        assertThatThrownBy(proxy::start)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("proxy is closed (build a new one)");
        awaitNoThread();
    }

    @Test
    void oneBuilderMakesSeveralProxies() throws Exception {
        try (RawUpstream upstream = RawUpstream.saying("hello")) {
            TlsProxyBuilder builder = LocalProxy.builder().route(LocalProxy.HOST, upstream.uri());
            try (LocalProxy one = LocalProxy.started(builder);
                    LocalProxy two = LocalProxy.started(builder)) {
                for (LocalProxy local : List.of(one, two)) {
                    assertThat(local.client(HttpClient.Version.HTTP_2)
                                    .send(local.request("/").build(), BodyHandlers.ofString())
                                    .body())
                            .isEqualTo("hello");
                }
            }
        }
    }

    /** Events come on I/O threads, which closing waits for. */
    @ParameterizedTest
    @ValueSource(strings = {"handshake", "exchange"})
    void closesFromAnEvent(String event) throws Exception {
        AtomicReference<TlsProxy> closing = new AtomicReference<>();
        CountDownLatch returned = new CountDownLatch(1);
        ProxyEvents closes = new ProxyEvents() {
            @Override
            public void handshakeCompleted(InetSocketAddress client, NegotiatedTls tls) {
                if (event.equals("handshake")) {
                    close();
                }
            }

            @Override
            public void exchangeEnded(ExchangeSummary exchange) {
                if (event.equals("exchange")) {
                    close();
                }
            }

            private void close() {
                closing.get().close();
                returned.countDown();
            }
        };
        try (RawUpstream upstream = RawUpstream.saying("hello")) {
            TlsProxy proxy = LocalProxy.builder()
                    .route(LocalProxy.HOST, upstream.uri())
                    .events(closes)
                    .ioThreads(1)
                    .build();
            closing.set(proxy);
            proxy.start();
            try (RawTlsClient client = RawTlsClient.connect(proxy, LocalProxy.HOST)) {
                client.send("GET / HTTP/1.1\r\nHost: " + client.authority() + "\r\n\r\n");
                assertThat(returned.await(2, TimeUnit.SECONDS))
                        .as("close() returned")
                        .isTrue();
            } catch (java.io.IOException e) {
                assertThat(returned.await(2, TimeUnit.SECONDS))
                        .as("close() returned")
                        .isTrue();
            }
            Awaitility.await()
                    .atMost(Duration.ofSeconds(5))
                    .until(() -> proxyThreads().isEmpty());
            Awaitility.await()
                    .atMost(Duration.ofSeconds(5))
                    .until(() -> filters().isEmpty());
        }
    }

    @Test
    void closeFromAnEventOfTheStartEndsTheStart() {
        AtomicReference<TlsProxy> closing = new AtomicReference<>();
        TlsProxy proxy = LocalProxy.builder()
                .route(LocalProxy.HOST, "http://127.0.0.1:1")
                .events(new ProxyEvents() {
                    @Override
                    public void certificateDeployed(String name, CertifiedKey key) {
                        closing.get().close();
                    }
                })
                .build();
        closing.set(proxy);

        assertThatThrownBy(proxy::start)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("proxy was closed during its start (build a new one)");
        awaitNoThread();
    }

    private static void live(RawUpstream upstream) throws Exception {
        try (LocalProxy local = LocalProxy.to(upstream.uri())) {
            for (HttpClient.Version version : HttpClient.Version.values()) {
                HttpResponse<String> response =
                        local.client(version).send(local.request("/").build(), BodyHandlers.ofString());
                assertThat(response.body()).isEqualTo("hello");
            }
        }
    }

    /** A thread that has said that it is over may still be there for a moment. */
    private static void awaitNoThread() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(2))
                .untilAsserted(() -> assertThat(proxyThreads()).isEmpty());
    }

    private static Set<String> proxyThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("tls-proxy") || name.startsWith("XNIO"))
                .collect(Collectors.toSet());
    }

    private static Set<String> beans() {
        return ManagementFactory.getPlatformMBeanServer().queryNames(null, null).stream()
                .map(Object::toString)
                .collect(Collectors.toSet());
    }

    /** Filters on loggers of java.util.logging that are this library's. */
    private static Set<String> filters() {
        return java.util.Collections.list(LogManager.getLogManager().getLoggerNames()).stream()
                .filter(name -> {
                    Logger logger = LogManager.getLogManager().getLogger(name);
                    Filter filter = logger == null ? null : logger.getFilter();
                    return filter != null && filter.getClass().getName().startsWith("dev.tlsproxy");
                })
                .collect(Collectors.toSet());
    }

    private static long heap() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static void awaitEndOfHttpClients() {
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> {
            System.gc();
            return Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().endsWith("SelectorManager"));
        });
    }
}
