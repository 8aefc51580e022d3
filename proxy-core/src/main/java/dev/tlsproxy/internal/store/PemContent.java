package dev.tlsproxy.internal.store;

import dev.tlsproxy.spi.CertifiedKey;
import java.io.ByteArrayInputStream;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The blocks of one PEM file, under the label by which messages name it ({@code key file /etc/tls/key.pem}). */
final class PemContent {

    private static final Set<String> CERTIFICATE_TYPES = Set.of("CERTIFICATE", "X509 CERTIFICATE");

    private final String label;
    private final List<PemBlock> blocks;

    private PemContent(String label, List<PemBlock> blocks) {
        this.label = label;
        this.blocks = blocks;
    }

    static PemContent parse(String label, byte[] bytes) {
        return new PemContent(label, PemBlock.parse(label, bytes));
    }

    /** At least one certificate, in the file's order. */
    List<X509Certificate> certificates() {
        List<X509Certificate> certificates = new ArrayList<>();
        for (PemBlock block : blocks) {
            if (CERTIFICATE_TYPES.contains(block.type())) {
                certificates.add(certificate(block));
            }
        }
        if (certificates.isEmpty()) {
            throw new IllegalArgumentException(label
                    + " has no certificate in it (expected: a \"-----BEGIN CERTIFICATE-----\" block; convert other"
                    + " formats with openssl)");
        }
        return List.copyOf(certificates);
    }

    PrivateKey privateKey() {
        List<PemBlock> keys = blocks.stream()
                .filter(block -> block.type().endsWith("PRIVATE KEY"))
                .toList();
        if (keys.isEmpty()) {
            throw new IllegalArgumentException(label
                    + " has no private key in it (expected: a \"-----BEGIN PRIVATE KEY-----\" block; convert other"
                    + " formats with openssl)");
        }
        if (keys.size() > 1) {
            throw new IllegalArgumentException(
                    label + " has " + keys.size() + " private keys in it (expected: one, that of the certificate)");
        }
        return PemKeys.read(label, keys.get(0), blocks);
    }

    CertifiedKey pairWith(List<X509Certificate> certificates) throws NoPairException {
        PrivateKey key = privateKey();
        try {
            return CertifiedKey.of(key, certificates);
        } catch (IllegalArgumentException e) {
            throw new NoPairException(String.valueOf(e.getMessage()));
        }
    }

    private X509Certificate certificate(PemBlock block) {
        try {
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(block.der()));
        } catch (CertificateException e) {
            throw new IllegalArgumentException(
                    label + " is damaged: the certificate at line " + block.line()
                            + " can't be decoded (expected: an unchanged PEM file; copy it again)",
                    e);
        }
    }

    /** A key and certificates that do not belong together. */
    static final class NoPairException extends Exception {

        private static final long serialVersionUID = 1L;

        NoPairException(String message) {
            super(message);
        }
    }
}
