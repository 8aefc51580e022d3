package dev.tlsproxy.examples;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Base64;

/** The local CA's root certificate as a file for clients: public, so everybody may read it. */
final class CaFile {

    private static final String NAME = "local-ca.crt";

    private CaFile() {}

    /**
     * Writes the file, if it is not there with that content.
     *
     * @param directory where
     * @param root the certificate
     * @return the file's absolute path
     * @throws IOException when it can't be written, with a message that names it
     */
    static Path write(Path directory, X509Certificate root) throws IOException {
        Path file = directory.toAbsolutePath().normalize().resolve(NAME);
        String pem = pem(root);
        if (Files.isRegularFile(file) && Files.readString(file).equals(pem)) {
            return file;
        }
        try {
            Path part = Files.createTempFile(file.getParent(), NAME, ".part");
            Files.writeString(part, pem);
            if (Files.getFileAttributeView(part, PosixFileAttributeView.class) != null) {
                Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("rw-r--r--"));
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new IOException("CA file " + file + " can't be written: " + e, e);
        }
        return file;
    }

    private static String pem(X509Certificate certificate) throws IOException {
        Base64.Encoder lines = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));
        try {
            return "-----BEGIN CERTIFICATE-----\n" + lines.encodeToString(certificate.getEncoded())
                    + "\n-----END CERTIFICATE-----\n";
        } catch (CertificateEncodingException e) {
            throw new IOException("root certificate of the local CA can't be encoded: " + e.getMessage(), e);
        }
    }
}
