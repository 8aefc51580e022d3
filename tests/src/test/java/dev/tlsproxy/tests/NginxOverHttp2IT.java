package dev.tlsproxy.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.tests.peer.Peer;
import dev.tlsproxy.tests.peer.RequiresPeer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** nginx as an upstream of HTTP/2, which ends each connection after 50 requests by a GOAWAY. */
@RequiresPeer(Peer.NGINX)
@Timeout(120)
class NginxOverHttp2IT {

    private static final String HOST = "localhost";

    @RegisterExtension
    final Workbench bench = new Workbench();

    /** Those that came too late for a connection are sent again, with their content. */
    @Test
    void manyRequestsAtOncePassWhateverEndsTheirConnections() throws Exception {
        NginxUpstream nginx = NginxUpstream.start(bench);
        TlsProxy proxy = bench.start(TlsProxy.builder().route(HOST, nginx.http2Uri()));
        HttpClient client =
                HttpClient.newBuilder().sslContext(proxy.trustedSslContext()).build();
        for (int round = 0; round < 10; round++) {
            List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
            for (int i = 0; i < 90; i++) {
                HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(proxy.uri(HOST) + "/echo?" + i))
                        .timeout(Duration.ofSeconds(30));
                HttpRequest made = i % 2 == 0
                        ? request.build()
                        : request.POST(BodyPublishers.ofByteArray(new byte[5_000]))
                                .build();
                all.add(client.sendAsync(made, BodyHandlers.ofString()));
            }
            for (int i = 0; i < all.size(); i++) {
                HttpResponse<String> response = all.get(i).get(30, TimeUnit.SECONDS);
                assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
                assertThat(response.body()).startsWith("{\"target\":\"/echo?" + i + "\"");
            }
        }
    }
}
