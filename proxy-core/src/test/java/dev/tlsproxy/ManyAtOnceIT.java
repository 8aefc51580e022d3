package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tlsproxy.testing.Pattern;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** 64 streams of one HTTP/2 connection and 64 HTTP/1.1 connections at once, up and down, each with its own body. */
@Timeout(60)
class ManyAtOnceIT {

    private static final int EACH = 64;
    private static final long[] SIZES = {0, 1, 1000, 16_383, 16_384, 65_536, 300_000, 2_000_000};

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void everyBodyArrivesIntact(int ioThreads) throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool(work -> {
            Thread thread = new Thread(work, "many-at-once-upstream");
            thread.setDaemon(true);
            return thread;
        });
        HttpServer upstream = HttpServer.create(LocalProxy.ANY_PORT, 256);
        upstream.setExecutor(threads);
        upstream.createContext("/", ManyAtOnceIT::checksumThenPattern);
        upstream.start();
        try (LocalProxy local = LocalProxy.started(LocalProxy.builder()
                .ioThreads(ioThreads)
                .route(
                        LocalProxy.HOST,
                        "http://127.0.0.1:" + upstream.getAddress().getPort()))) {
            HttpClient http2 = local.client(HttpClient.Version.HTTP_2);
            // one connection for all streams: the JDK's client opens one each for requests that start together
            assertThat(transfer(local, http2, 0, 0).get(10, TimeUnit.SECONDS)).isEqualTo(expected(0, 0));
            List<CompletableFuture<String>> got = new ArrayList<>();
            List<String> wanted = new ArrayList<>();
            for (int i = 0; i < EACH; i++) {
                long up = SIZES[i % SIZES.length];
                long down = SIZES[(i * 3 + i / SIZES.length) % SIZES.length];
                got.add(transfer(local, http2, up, down));
                got.add(transfer(local, local.client(HttpClient.Version.HTTP_1_1), up, down));
                wanted.add(expected(up, down));
                wanted.add(expected(up, down));
            }
            for (int i = 0; i < got.size(); i++) {
                assertThat(got.get(i).get(30, TimeUnit.SECONDS))
                        .as("transfer " + i)
                        .isEqualTo(wanted.get(i));
            }
        } finally {
            upstream.stop(0);
            threads.shutdownNow();
        }
    }

    private static CompletableFuture<String> transfer(LocalProxy local, HttpClient client, long up, long down) {
        return client.sendAsync(
                        local.request("/" + down)
                                .POST(BodyPublishers.ofInputStream(() -> new Pattern(up)))
                                .build(),
                        BodyHandlers.ofInputStream())
                .thenApplyAsync(ManyAtOnceIT::summary);
    }

    private static String summary(HttpResponse<InputStream> response) {
        return response.headers().firstValue("X-Received").orElse("none") + " " + Pattern.checksum(response.body());
    }

    private static String expected(long up, long down) {
        return Pattern.checksum(up) + " " + Pattern.checksum(down);
    }

    private static void checksumThenPattern(HttpExchange exchange) throws java.io.IOException {
        long down = Long.parseLong(exchange.getRequestURI().getPath().substring(1));
        exchange.getResponseHeaders().set("X-Received", Pattern.checksum(exchange.getRequestBody()));
        exchange.sendResponseHeaders(200, down == 0 ? -1 : down);
        try (OutputStream out = exchange.getResponseBody()) {
            new Pattern(down).transferTo(out);
        }
    }
}
