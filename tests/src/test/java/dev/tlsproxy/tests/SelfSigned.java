package dev.tlsproxy.tests;

import dev.tlsproxy.TlsProxy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/**
 * An own certificate for one host, made by the JDK's keytool.
 *
 * @param chain its PEM file
 * @param key the PEM file of its key
 * @param certificate what is in it
 */
record SelfSigned(Path chain, Path key, X509Certificate certificate) {

    private static final String PASSWORD = "changeit";

    static SelfSigned make(Path directory, String host) throws Exception {
        Path store = directory.resolve("own.p12");
        Process keytool = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "own",
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
                        "-dname",
                        "CN=" + host,
                        "-ext",
                        "san=dns:" + host,
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        PASSWORD,
                        "-keystore",
                        store.toString()))
                .inheritIO()
                .start();
        if (!keytool.waitFor(60, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
            throw new IOException("keytool failed (its reason is on standard error)");
        }
        KeyStore made = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
        X509Certificate certificate = (X509Certificate) made.getCertificate("own");
        Key key = made.getKey("own", PASSWORD.toCharArray());
        return new SelfSigned(
                pem(directory.resolve("chain.pem"), "CERTIFICATE", certificate.getEncoded()),
                pem(directory.resolve("key.pem"), "PRIVATE KEY", key.getEncoded()),
                certificate);
    }

    /** The certificate that a new client is shown. */
    static X509Certificate shownBy(TlsProxy proxy, String host) throws IOException, GeneralSecurityException {
        SSLContext trusting = proxy.trustedSslContext();
        int port = Workbench.port(proxy);
        Socket plain = new Socket(InetAddress.getLoopbackAddress(), port);
        try (SSLSocket socket = (SSLSocket) trusting.getSocketFactory().createSocket(plain, host, port, true)) {
            socket.startHandshake();
            return (X509Certificate) socket.getSession().getPeerCertificates()[0];
        }
    }

    private static Path pem(Path file, String type, byte[] encoded) throws IOException {
        return Files.writeString(
                file,
                "-----BEGIN " + type + "-----\n" + Base64.getMimeEncoder().encodeToString(encoded) + "\n-----END "
                        + type + "-----\n");
    }
}
