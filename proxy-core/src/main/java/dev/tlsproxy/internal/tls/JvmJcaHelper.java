package dev.tlsproxy.internal.tls;

import java.security.NoSuchAlgorithmException;
import java.security.Provider;
import java.security.Signature;
import java.util.Locale;
import org.bouncycastle.jcajce.util.DefaultJcaJceHelper;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.jspecify.annotations.Nullable;

/**
 * Finds a cryptographic primitive at the providers registered in this JVM, in their order: SunJCE does AES-GCM, or a
 * native provider where the program registered one in front. ECDSA is for {@link EcdsaSignature} where {@link CryptoChoice}
 * says so. What the JVM has not is not there, with one exception: Bouncy Castle's thousands of services cost a start a
 * tenth of a second and more, and nothing else of theirs is ever offered.
 */
final class JvmJcaHelper extends DefaultJcaJceHelper {

    private final CryptoChoice choice;
    private final @Nullable NativeKeys nativeKeys;

    JvmJcaHelper(CryptoChoice choice) {
        this.choice = choice;
        this.nativeKeys = choice.nativeProvider() == null ? null : new NativeKeys(choice.nativeProvider());
    }

    @Override
    public Signature createSignature(String algorithm) throws NoSuchAlgorithmException {
        if (choice.ownEcdsa() && algorithm.equalsIgnoreCase(EcdsaSignature.NAME)) {
            return new EcdsaSignature(() -> super.createSignature(algorithm), nativeKeys);
        }
        try {
            return super.createSignature(signatureName(algorithm));
        } catch (NoSuchAlgorithmException e) {
            if (algorithm.equalsIgnoreCase("NONEwithRSA")) {
                return Signature.getInstance(algorithm, BouncyCastle.PROVIDER);
            }
            throw e;
        }
    }

    /** The JVM's name for a signature algorithm: it has one for RSASSA-PSS with whatever hash, bctls asks by hash. */
    static String signatureName(String algorithm) {
        return algorithm.toUpperCase(Locale.ROOT).endsWith("WITHRSAANDMGF1") ? "RSASSA-PSS" : algorithm;
    }

    /**
     * RSA over a hash made elsewhere, for TLS 1.2 clients that don't know RSASSA-PSS: those of before 2018. Made when the
     * first of them comes.
     */
    private static final class BouncyCastle {

        static final Provider PROVIDER = new BouncyCastleProvider();
    }
}
