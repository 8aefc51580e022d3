package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.testing.StreamingUpstream;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Upstreams that close a kept connection in the very moment it is used again. */
@Timeout(60)
class UpstreamKeepAliveIT {

    private static final int CLIENTS = 8;
    private static final int REQUESTS = 250;

    /** Microseconds at most between a response, which says nothing of it, and the end of its connection. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1000})
    void noGetFailsAndPostsOnlyCleanly(int closesAfterMicros) throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        try (StreamingUpstream upstream = new StreamingUpstream((head, in, out) -> {
                    String next = head;
                    // some connections serve a few requests, so that kept ones are in use again
                    for (int i = ThreadLocalRandom.current().nextInt(3); next != null; i--) {
                        answer(next, in, out);
                        if (i <= 0) {
                            break;
                        }
                        next = StreamingUpstream.readHead(in);
                    }
                    if (closesAfterMicros > 0) {
                        never.await(ThreadLocalRandom.current().nextInt(closesAfterMicros), TimeUnit.MICROSECONDS);
                    }
                });
                LocalProxy local = LocalProxy.to(upstream.uri())) {
            assertThat(run(local, HttpRequest.Builder::GET)).isEqualTo(Map.of("200 ok", CLIENTS * REQUESTS));

            Map<String, Integer> posts = run(local, request -> request.POST(BodyPublishers.ofString("body")));
            assertThat(posts).containsKey("200 ok");
            assertThat(posts.keySet()).isSubsetOf("200 ok", "502 502 Bad Gateway: upstream closed the connection\n");
        }
    }

    private static void answer(String head, InputStream in, OutputStream out) throws Exception {
        if (head.startsWith("POST ")) {
            in.readNBytes(4);
        }
        StreamingUpstream.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }

    private interface Method {
        HttpRequest.Builder of(HttpRequest.Builder request);
    }

    /** How often each outcome came. */
    private static Map<String, Integer> run(LocalProxy local, Method method) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
        try {
            List<Future<List<String>>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                HttpClient client = local.client(HttpClient.Version.HTTP_1_1);
                Callable<List<String>> work = () -> {
                    List<String> outcomes = new ArrayList<>();
                    for (int n = 0; n < REQUESTS; n++) {
                        HttpResponse<String> response =
                                client.send(method.of(local.request("/")).build(), BodyHandlers.ofString());
                        outcomes.add(response.statusCode() + " " + response.body());
                    }
                    return outcomes;
                };
                clients.add(threads.submit(work));
            }
            Map<String, Integer> outcomes = new TreeMap<>();
            for (Future<List<String>> client : clients) {
                client.get(50, TimeUnit.SECONDS).forEach(outcome -> outcomes.merge(outcome, 1, Integer::sum));
            }
            return outcomes;
        } finally {
            threads.shutdownNow();
        }
    }
}
