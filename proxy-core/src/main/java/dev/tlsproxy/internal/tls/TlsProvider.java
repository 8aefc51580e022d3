package dev.tlsproxy.internal.tls;

import java.security.GeneralSecurityException;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.bouncycastle.jcajce.util.JcaJceHelper;
import org.bouncycastle.jsse.provider.BouncyCastleJsseProvider;
import org.bouncycastle.tls.crypto.impl.jcajce.JcaTlsCrypto;
import org.bouncycastle.tls.crypto.impl.jcajce.JcaTlsCryptoProvider;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** Makes the SSLContexts of Bouncy Castle's JSSE, which is never registered in the JVM. */
final class TlsProvider {

    private static final CryptoChoice CHOICE = CryptoChoice.ofThisJvm();
    private static final BouncyCastleJsseProvider JSSE = new BouncyCastleJsseProvider(false, new CryptoProvider());

    static {
        LoggerFactory.getLogger(TlsProvider.class).debug("TLS cryptography: {}", CHOICE);
    }

    private TlsProvider() {}

    static SSLContext newContext(@Nullable KeyManager keys, TrustManager trust) {
        try {
            SSLContext context = SSLContext.getInstance("TLS", JSSE);
            // Without a SecureRandom bctls asks for one named DEFAULT, which only a registered Bouncy Castle has.
            context.init(
                    keys == null ? null : new KeyManager[] {keys},
                    new TrustManager[] {trust},
                    new ThreadRandom(newRandom()));
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("TLS context can't be made: " + e.getMessage(), e);
        }
    }

    /** One that never blocks: bctls seeds itself from it when a context is made. */
    static SecureRandom newRandom() {
        for (String algorithm : new String[] {"NativePRNGNonBlocking", "DRBG"}) {
            try {
                return SecureRandom.getInstance(algorithm);
            } catch (NoSuchAlgorithmException e) {
                // the next one, and in the end whatever the JVM has
            }
        }
        return new SecureRandom();
    }

    private static final class CryptoProvider extends JcaTlsCryptoProvider {

        private final JcaJceHelper helper = new JvmJcaHelper(CHOICE);

        @Override
        public JcaJceHelper getHelper() {
            return helper;
        }

        /** The inherited one puts a source of nonces between that all connections would wait for. */
        @Override
        public JcaTlsCrypto create(SecureRandom random) {
            return create(random, random);
        }

        @Override
        public JcaTlsCrypto create(SecureRandom keyRandom, SecureRandom nonceRandom) {
            return new TlsCrypto(helper, CHOICE, keyRandom);
        }
    }
}
