package dev.tlsproxy.examples;

import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.acme.Acme;
import java.time.Duration;

/** The README's program with certificates from a public CA, compiled; it would talk to the real one. */
final class AcmeExample {

    private AcmeExample() {}

    static void run() {
        // begin
        TlsProxy proxy = TlsProxy.builder()
                .route("tracker.example.com", "http://127.0.0.1:7070")
                .acme(Acme.letsEncrypt().email("admin@example.com"))
                .build();
        proxy.start(); // listens; certificates come in the background
        proxy.awaitReady(Duration.ofMinutes(2)); // throws with the reason, name by name, where one does not
        // end
    }
}
