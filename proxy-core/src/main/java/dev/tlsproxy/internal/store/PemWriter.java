package dev.tlsproxy.internal.store;

import dev.tlsproxy.spi.CertifiedKey;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Base64;

/** Writes a certified key as PEM (RFC 7468): the key as PKCS#8, then the chain. */
final class PemWriter {

    private static final Base64.Encoder BASE64 = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));

    private PemWriter() {}

    /**
     * Writes key and chain.
     *
     * @param key the certified key
     * @return the text, a secret, in ASCII
     * @throws IllegalArgumentException when the key can't leave its device, or a certificate can't be encoded
     */
    static byte[] write(CertifiedKey key) {
        byte[] pkcs8 = key.privateKey().getEncoded();
        if (pkcs8 == null || !"PKCS#8".equals(key.privateKey().getFormat())) {
            throw new IllegalArgumentException(
                    "private key of " + key.names() + " can't be written (expected: a key that is not in a device)");
        }
        StringBuilder text = new StringBuilder();
        append(text, "PRIVATE KEY", pkcs8);
        for (X509Certificate certificate : key.chain()) {
            try {
                append(text, "CERTIFICATE", certificate.getEncoded());
            } catch (CertificateEncodingException e) {
                throw new IllegalArgumentException(
                        "certificate of "
                                + certificate.getSubjectX500Principal().getName()
                                + " can't be encoded (expected: an X.509 certificate)",
                        e);
            }
        }
        return text.toString().getBytes(StandardCharsets.US_ASCII);
    }

    private static void append(StringBuilder text, String type, byte[] der) {
        text.append("-----BEGIN ").append(type).append("-----\n");
        text.append(BASE64.encodeToString(der));
        text.append("\n-----END ").append(type).append("-----\n");
    }
}
