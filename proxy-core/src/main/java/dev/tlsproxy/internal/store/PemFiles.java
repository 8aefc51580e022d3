package dev.tlsproxy.internal.store;

import dev.tlsproxy.spi.CertifiedKey;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/** Reads what a user keeps in PEM files (being written). */
public final class PemFiles {
    private PemFiles() {}

    public static List<X509Certificate> readCertificates(Path file) {
        throw new UnsupportedOperationException("being written");
    }

    public static CertifiedKey readCertifiedKey(Path chainPem, Path keyPem, Instant now) {
        throw new UnsupportedOperationException("being written");
    }
}
