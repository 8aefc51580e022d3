package dev.tlsproxy.internal.tls;

import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.Provider;
import org.jspecify.annotations.Nullable;

/**
 * Which implementation does which part of the cryptography, by what is present in this JVM. Decided once, from a table
 * of what was measured, never by a stopwatch at run time.
 *
 * @param nativeProvider AmazonCorrettoCryptoProvider where it is on the class path and works here, else null
 * @param jvmMlKem whether the JVM has ML-KEM (from Java 24 on)
 * @param jvmP256 whether the JVM is fast enough at P-256 itself
 */
record CryptoChoice(@Nullable Provider nativeProvider, boolean jvmMlKem, boolean jvmP256) {

    /** The first with Montgomery arithmetic for P-256 in the processor's own code. */
    private static final int JVM_WITH_FAST_P256 = 24;

    private static final String NATIVE = "com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider";

    /** Looks at this JVM. The native provider is used from here alone: it is not registered. */
    static CryptoChoice ofThisJvm() {
        return new CryptoChoice(
                findNative(NATIVE), hasMlKem(), Runtime.version().feature() >= JVM_WITH_FAST_P256);
    }

    /**
     * The native provider, if its class is there and its library was loaded. On another processor or system than its
     * jar is made for, it has no services.
     */
    static @Nullable Provider findNative(String className) {
        try {
            Object found = Class.forName(className, true, CryptoChoice.class.getClassLoader())
                    .getField("INSTANCE")
                    .get(null);
            return found instanceof Provider provider && provider.getService("Signature", "NONEwithECDSA") != null
                    ? provider
                    : null;
        } catch (ReflectiveOperationException | LinkageError e) {
            return null;
        }
    }

    /** Whether {@link EcdsaSignature} signs, or else whatever the JVM has. */
    boolean ownEcdsa() {
        return nativeProvider != null || !jvmP256;
    }

    private static boolean hasMlKem() {
        try {
            KeyPairGenerator.getInstance("ML-KEM-768");
            Class.forName("javax.crypto.KEM");
            return true;
        } catch (NoSuchAlgorithmException | ClassNotFoundException e) {
            return false;
        }
    }

    /** For the log. */
    @Override
    public String toString() {
        return "X25519: Bouncy Castle; ML-KEM-768: " + (jvmMlKem ? "JVM" : "Bouncy Castle") + "; ECDSA: " + ecdsa()
                + "; AES-GCM, ChaCha20-Poly1305, hashes, HMAC, RSA: JVM";
    }

    private String ecdsa() {
        if (nativeProvider != null) {
            return nativeProvider.getName() + " " + nativeProvider.getVersionStr();
        }
        return jvmP256 ? "JVM" : "Bouncy Castle for P-256, JVM else";
    }
}
