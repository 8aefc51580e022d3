package dev.tlsproxy.acme;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** CA certificates that a user keeps in a PEM file. */
final class TrustFile {

    private TrustFile() {}

    static List<X509Certificate> read(Path pem) {
        try (InputStream in = Files.newInputStream(pem)) {
            List<X509Certificate> certificates =
                    CertificateFactory.getInstance("X.509").generateCertificates(in).stream()
                            .map(X509Certificate.class::cast)
                            .toList();
            if (certificates.isEmpty()) {
                throw refused(pem, "has no certificate", null);
            }
            return certificates;
        } catch (NoSuchFileException e) {
            throw refused(pem, "is not there", e);
        } catch (IOException | CertificateException e) {
            throw refused(pem, "can't be read: " + e.getMessage(), e);
        }
    }

    private static IllegalArgumentException refused(Path pem, String what, @Nullable Exception cause) {
        return new IllegalArgumentException(
                "trust file " + pem + " " + what + " (expected: a readable file of PEM certificates)", cause);
    }
}
