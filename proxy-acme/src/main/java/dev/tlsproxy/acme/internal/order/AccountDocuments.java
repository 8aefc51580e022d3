package dev.tlsproxy.acme.internal.order;

import dev.tlsproxy.spi.CertificateStore;
import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An account in the store: {@code account.pem}, both halves of its key, and {@code account.properties}, its URL. */
final class AccountDocuments {

    private static final Pattern PEM = Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----\\s+"
            + "-----BEGIN PUBLIC KEY-----([^-]+)-----END PUBLIC KEY-----\\s*");

    private final CertificateStore store;
    private final String folder;

    AccountDocuments(CertificateStore store, String id) {
        this.store = store;
        this.folder = "acme/" + id + "/";
    }

    Optional<CertificateStore.Lease> tryLock() throws IOException {
        return store.tryLock(folder + "account.lock");
    }

    Optional<URL> location() throws IOException {
        Optional<byte[]> content = store.read(folder + "account.properties");
        if (content.isEmpty()) {
            return Optional.empty();
        }
        Properties properties = new Properties();
        try {
            properties.load(new StringReader(new String(content.get(), StandardCharsets.UTF_8)));
            return Optional.of(
                    URI.create(properties.getProperty("location", "")).toURL());
        } catch (IllegalArgumentException | IOException e) {
            throw unreadable("account.properties", e);
        }
    }

    void saveLocation(URL location) throws IOException {
        store.write(folder + "account.properties", ("location=" + location + "\n").getBytes(StandardCharsets.UTF_8));
    }

    void deleteLocation() throws IOException {
        store.delete(folder + "account.properties");
    }

    Optional<KeyPair> key() throws IOException {
        Optional<byte[]> content = store.read(folder + "account.pem");
        if (content.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(parse(new String(content.get(), StandardCharsets.US_ASCII)));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw unreadable("account.pem", e);
        }
    }

    void saveKey(KeyPair key) throws IOException {
        String pem = pem("PRIVATE KEY", key.getPrivate().getEncoded())
                + pem("PUBLIC KEY", key.getPublic().getEncoded());
        store.write(folder + "account.pem", pem.getBytes(StandardCharsets.US_ASCII));
    }

    private IOException unreadable(String document, Exception cause) {
        return new IOException(
                folder + document + " can't be read (expected: as it was written; delete it to register a new account)",
                cause);
    }

    private static KeyPair parse(String pem) throws GeneralSecurityException {
        Matcher matcher = PEM.matcher(pem);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("no key in it");
        }
        KeyFactory factory = KeyFactory.getInstance("EC");
        PrivateKey privateKey = factory.generatePrivate(new PKCS8EncodedKeySpec(decode(matcher.group(1))));
        PublicKey publicKey = factory.generatePublic(new X509EncodedKeySpec(decode(matcher.group(2))));
        return new KeyPair(publicKey, privateKey);
    }

    private static byte[] decode(String base64) {
        return Base64.getMimeDecoder().decode(base64);
    }

    private static String pem(String label, byte[] content) {
        return "-----BEGIN " + label + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content) + "\n-----END " + label
                + "-----\n";
    }
}
