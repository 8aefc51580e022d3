package dev.tlsproxy.internal.store;

import dev.tlsproxy.spi.CertifiedKey;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/**
 * Reads what a user keeps in PEM files (RFC 7468). Text around the blocks, CRLF line ends and blocks of other types are
 * passed over; a damaged block is not. No message and no cause holds anything of a key.
 */
public final class PemFiles {

    /** Bundles of all public CAs have about 250 KiB; what is larger is no file of certificates. */
    static final int MAX_BYTES = 1 << 20;

    private PemFiles() {}

    /**
     * Reads a bundle of certificates. Blocks for the file.
     *
     * @param file a PEM file with at least one certificate, of at most 1 MiB
     * @return the certificates, in the file's order; immutable
     * @throws IllegalArgumentException when it can't be read, is damaged or has no certificate in it; one sentence that
     *     names the file and the remedy
     */
    public static List<X509Certificate> readCertificates(Path file) {
        return read("certificate file", file).certificates();
    }

    /**
     * Reads a private key and its certificate chain. Blocks for the files.
     *
     * @param chainPem a PEM file with the certificate and its intermediates, in any order
     * @param keyPem a PEM file with one unencrypted private key, as PKCS#8, SEC 1 or PKCS#1: EC on P-256, P-384 or
     *     P-521, or RSA of at least 2048 bits; may be the same file
     * @param now the time at which the certificate has to be valid; its intermediates are not looked at, because some
     *     CAs hand out an expired cross-signed one on purpose
     * @return the pair, its chain in order
     * @throws IllegalArgumentException when a file can't be read, is damaged or lacks what it is for, the key is
     *     encrypted, of another type or not that of the certificate, or the certificate is not valid now; one sentence
     *     that names the file and the remedy
     */
    public static CertifiedKey readCertifiedKey(Path chainPem, Path keyPem, Instant now) {
        PemContent chain = read("certificate file", chainPem);
        List<X509Certificate> certificates = chain.certificates();
        CertifiedKey key = pair(chainPem, keyPem, certificates);
        if (now.isAfter(key.notAfter())) {
            throw new IllegalArgumentException("certificate file " + chainPem + " expired on " + key.notAfter()
                    + " (expected: a certificate valid now; renew it)");
        }
        if (now.isBefore(key.notBefore())) {
            throw new IllegalArgumentException("certificate file " + chainPem + " is not valid before "
                    + key.notBefore() + " (expected: a certificate valid now; check this machine's clock)");
        }
        return key;
    }

    private static CertifiedKey pair(Path chainPem, Path keyPem, List<X509Certificate> certificates) {
        PemContent keyFile = read("key file", keyPem);
        try {
            return keyFile.pairWith(certificates);
        } catch (PemContent.NoPairException e) {
            throw new IllegalArgumentException(
                    "certificate file " + chainPem + " and key file " + keyPem + ": " + e.getMessage(), e);
        }
    }

    private static PemContent read(String what, Path file) {
        return PemContent.parse(what + " " + file, readBytes(what + " " + file, file));
    }

    private static byte[] readBytes(String label, Path file) {
        if (Files.isDirectory(file)) {
            throw new IllegalArgumentException(label + " is a directory (expected: a PEM file)");
        }
        byte[] bytes;
        // not Files.size: what is read may be a pipe
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(MAX_BYTES + 1);
        } catch (NoSuchFileException e) {
            throw new IllegalArgumentException(label + " does not exist (expected: a PEM file)", e);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    label + " can't be read: " + reason(e)
                            + " (expected: a file this process can read; check its owner and mode)",
                    e);
        }
        if (bytes.length > MAX_BYTES) {
            throw new IllegalArgumentException(label + " is larger than 1 MiB (expected: a PEM file)");
        }
        return bytes;
    }

    /** The system's own words for a failure, without the path that every message here names already. */
    static String reason(IOException e) {
        if (e instanceof FileSystemException failure) {
            String reason = failure.getReason();
            return reason != null ? reason : wordsOf(failure.getClass().getSimpleName());
        }
        String message = e.getMessage();
        return message != null ? message : wordsOf(e.getClass().getSimpleName());
    }

    private static String wordsOf(String exceptionName) {
        return switch (exceptionName) {
            case "AccessDeniedException" -> "permission denied";
            case "NoSuchFileException" -> "no such file or directory";
            case "FileAlreadyExistsException" -> "it exists already";
            case "DirectoryNotEmptyException" -> "it is a directory with files in it";
            default -> exceptionName;
        };
    }
}
