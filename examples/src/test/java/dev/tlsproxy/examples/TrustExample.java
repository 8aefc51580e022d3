package dev.tlsproxy.examples;

import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.spi.CertificateStore;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;

/** The README's example of a test; {@link ReadmeTest} holds the two equal, {@link TrustExampleIT} runs it. */
final class TrustExample {

    private TrustExample() {}

    static HttpResponse<String> call(String upstreamUri) throws IOException, InterruptedException {
        // begin
        try (TlsProxy proxy = TlsProxy.builder()
                .route("localhost", upstreamUri)
                .httpsPort(0)
                .withoutHttp()
                .store(CertificateStore.inMemory())
                .build()) {
            proxy.start();
            HttpClient client = HttpClient.newBuilder()
                    .sslContext(proxy.trustedSslContext())
                    .build();
            HttpRequest request = HttpRequest.newBuilder(proxy.uri("localhost")).build();
            return client.send(request, BodyHandlers.ofString());
        }
        // end
    }
}
