package dev.tlsproxy.examples;

import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.UpdateReport;

/** The README's live change, compiled. */
final class UpdateExample {

    private UpdateExample() {}

    static UpdateReport update(TlsProxy proxy) {
        // begin
        UpdateReport report = proxy.update(change -> {
            change.route("shop.example.com", "http://127.0.0.1:1213"); // adds, or takes the place of the one there
            change.remove("old.example.com");
        });
        // end
        return report;
    }
}
