package dev.tlsproxy.internal.tls;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** Makes SSLContexts for clients. */
public final class ClientTls {

    private ClientTls() {}

    /**
     * A context for clients of the proxy: trusts some issuers beside the JVM's own, and offers X25519MLKEM768 with a key
     * share, and one for x25519. Its engines and sockets verify the chain, and the host name where the client sets
     * {@code endpointIdentificationAlgorithm} to {@code HTTPS}, as java.net.http.HttpClient and HttpsURLConnection do.
     *
     * @param issuers trusted beside the JVM's default trust store
     * @return a context that needs no {@code init}
     */
    public static SSLContext trusting(Collection<X509Certificate> issuers) {
        return HybridClientContext.over(TlsProvider.newContext(null, trustManager(issuers)));
    }

    /**
     * A context that trusts one certificate, compared whole, whatever the name; with the key shares of
     * {@link #trusting}.
     *
     * @param certificate the only one trusted
     * @return a context that needs no {@code init}
     */
    public static SSLContext pinning(X509Certificate certificate) {
        return HybridClientContext.over(TlsProvider.newContext(null, new PinnedTrust(Set.of(certificate))));
    }

    /**
     * A context for {@code https} upstreams. It is the JVM's own JSSE: the host name verifier of bctls 1.84 falls back to
     * the common name (CVE-2026-59638).
     *
     * @param extra issuers trusted beside the JVM's default trust store
     * @return an initialised context
     */
    public static SSLContext upstream(Collection<X509Certificate> extra) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {trustManager(extra)}, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("TLS context for upstreams can't be made: " + e.getMessage(), e);
        }
    }

    /** The JVM's own trust manager, which also verifies host names, for both kinds of context. */
    private static X509TrustManager trustManager(Collection<X509Certificate> extra) {
        try {
            KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, null);
            int number = 0;
            for (X509Certificate issuer : trustManagerOf(null).getAcceptedIssuers()) {
                trusted.setCertificateEntry("jvm-" + number++, issuer);
            }
            for (X509Certificate issuer : extra) {
                trusted.setCertificateEntry("extra-" + number++, issuer);
            }
            return trustManagerOf(trusted);
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("trust store can't be made: " + e.getMessage(), e);
        }
    }

    private static X509TrustManager trustManagerOf(@Nullable KeyStore store) throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        for (TrustManager manager : factory.getTrustManagers()) {
            if (manager instanceof X509TrustManager x509) {
                return x509;
            }
        }
        throw new IllegalStateException("this JVM's PKIX trust manager factory has no X509TrustManager");
    }
}
