package dev.tlsproxy.examples;

import dev.tlsproxy.TlsProxy;
import java.io.IOException;

/** The README's first example; {@link ReadmeTest} holds the two equal. */
final class EmbedExample {

    private EmbedExample() {}

    static void embed() throws IOException {
        // begin
        try (TlsProxy proxy = TlsProxy.builder()
                .route("api.localhost", "http://127.0.0.1:1212")
                .route("tracker.localhost", "http://127.0.0.1:7070")
                .route("grafana.localhost", "http://127.0.0.1:3000")
                .httpsPort(8443)
                .httpPort(8080)
                .build()) {
            proxy.start();
            System.out.println("serving " + proxy.uri("api.localhost"));
            System.in.read(); // until Enter
        }
        // end
    }
}
