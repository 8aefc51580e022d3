package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.testing.Pattern;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * 100 MB each way: intact, and with flat memory; {@code -Dtransfer.megabytes=5120} for more. Heap is capped by the build at
 * 512 MB for client, proxy and upstream.
 */
class TransferIT {

    private static final long SIZE = Long.getLong("transfer.megabytes", 100) * 1024 * 1024;
    private static final long FLAT = 48L * 1024 * 1024;

    private final ExecutorService threads = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "transfer-upstream");
        thread.setDaemon(true);
        return thread;
    });
    private HttpServer upstream;
    private TlsProxy proxy;

    @BeforeEach
    void start() throws IOException {
        upstream = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        upstream.setExecutor(threads);
        upstream.createContext("/download", exchange -> send(exchange, SIZE));
        upstream.createContext("/chunked", exchange -> send(exchange, 0));
        upstream.createContext("/upload", TransferIT::receive);
        upstream.start();
        proxy = TlsProxy.builder()
                .https(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .withoutHttp()
                .store(CertificateStore.inMemory())
                .route(
                        "api.localhost",
                        "http://127.0.0.1:" + upstream.getAddress().getPort())
                .build();
        proxy.start();
    }

    @AfterEach
    void close() {
        proxy.close();
        upstream.stop(0);
        threads.shutdownNow();
    }

    @ParameterizedTest
    @CsvSource({"HTTP_1_1, /download", "HTTP_1_1, /chunked", "HTTP_2, /download", "HTTP_2, /chunked"})
    void downloadArrivesIntactWithFlatMemory(HttpClient.Version version, String path) throws Exception {
        long before = memory();

        HttpResponse<InputStream> response =
                client(version).send(HttpRequest.newBuilder(uri(path)).build(), BodyHandlers.ofInputStream());

        try (InputStream body = response.body()) {
            assertThat(Pattern.checksum(body)).isEqualTo(Pattern.checksum(SIZE));
        }
        assertThat(response.version()).isEqualTo(version);
        assertThat(memory() - before).isLessThan(FLAT);
    }

    @ParameterizedTest
    @CsvSource({"HTTP_1_1, true", "HTTP_1_1, false", "HTTP_2, true", "HTTP_2, false"})
    void uploadArrivesIntactWithFlatMemory(HttpClient.Version version, boolean withLength) throws Exception {
        long before = memory();
        BodyPublisher streamed = BodyPublishers.ofInputStream(() -> new Pattern(SIZE));

        HttpResponse<String> response = client(version)
                .send(
                        HttpRequest.newBuilder(uri("/upload"))
                                .POST(withLength ? BodyPublishers.fromPublisher(streamed, SIZE) : streamed)
                                .build(),
                        BodyHandlers.ofString());

        assertThat(response.body()).isEqualTo(Pattern.checksum(SIZE));
        assertThat(response.version()).isEqualTo(version);
        assertThat(memory() - before).isLessThan(FLAT);
    }

    private HttpClient client(HttpClient.Version version) {
        return HttpClient.newBuilder()
                .version(version)
                .sslContext(proxy.trustedSslContext())
                .build();
    }

    private URI uri(String path) {
        return URI.create(proxy.uri("api.localhost") + path);
    }

    /** Heap in use after a collection, and direct buffers. */
    private static long memory() {
        System.gc();
        long direct = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() + direct;
    }

    private static void send(HttpExchange exchange, long length) throws IOException {
        exchange.sendResponseHeaders(200, length);
        try (OutputStream out = exchange.getResponseBody()) {
            new Pattern(SIZE).transferTo(out);
        }
    }

    private static void receive(HttpExchange exchange) throws IOException {
        byte[] checksum = Pattern.checksum(exchange.getRequestBody()).getBytes(StandardCharsets.US_ASCII);
        exchange.sendResponseHeaders(200, checksum.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(checksum);
        }
    }
}
