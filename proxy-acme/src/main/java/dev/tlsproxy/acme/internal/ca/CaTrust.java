package dev.tlsproxy.acme.internal.ca;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** Whom the client believes that it speaks to the CA: who the JVM trusts, and some more. */
final class CaTrust {

    private CaTrust() {}

    static SSLContext context(List<X509Certificate> trusted) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, managers(trusted.isEmpty() ? null : jvmTrustAnd(trusted)), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("TLS client for the CA can't be made", e);
        }
    }

    private static KeyStore jvmTrustAnd(List<X509Certificate> trusted) throws GeneralSecurityException, IOException {
        KeyStore anchors = KeyStore.getInstance("PKCS12");
        anchors.load(null, null);
        int number = 0;
        for (TrustManager manager : managers(null)) {
            if (manager instanceof X509TrustManager x509) {
                for (X509Certificate anchor : x509.getAcceptedIssuers()) {
                    anchors.setCertificateEntry("anchor-" + number++, anchor);
                }
            }
        }
        for (X509Certificate anchor : trusted) {
            anchors.setCertificateEntry("anchor-" + number++, anchor);
        }
        return anchors;
    }

    private static TrustManager[] managers(@Nullable KeyStore anchors) throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(anchors);
        return factory.getTrustManagers();
    }
}
