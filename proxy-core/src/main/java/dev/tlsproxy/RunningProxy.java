package dev.tlsproxy;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/** A proxy that listens (being written). */
final class RunningProxy {
    static RunningProxy start(ProxyConfig config) {
        throw new UnsupportedOperationException("being written");
    }

    ProxyAddresses addresses() {
        throw new UnsupportedOperationException("being written");
    }

    int publicHttpsPort() {
        throw new UnsupportedOperationException("being written");
    }

    void awaitReady(Optional<String> name, Duration timeout) {
        throw new UnsupportedOperationException("being written");
    }

    SSLContext trustedSslContext() {
        throw new UnsupportedOperationException("being written");
    }

    Optional<X509Certificate> localCaCertificate() {
        throw new UnsupportedOperationException("being written");
    }

    void close(Duration drain) {
        throw new UnsupportedOperationException("being written");
    }
}
