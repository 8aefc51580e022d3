package dev.tlsproxy.internal.tls;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.Provider;
import java.security.SecureRandom;
import org.bouncycastle.jcajce.util.JcaJceHelper;
import org.bouncycastle.jcajce.util.ProviderJcaJceHelper;
import org.bouncycastle.tls.EncryptionAlgorithm;
import org.bouncycastle.tls.NamedGroup;
import org.bouncycastle.tls.crypto.TlsCipher;
import org.bouncycastle.tls.crypto.TlsCryptoParameters;
import org.bouncycastle.tls.crypto.TlsECConfig;
import org.bouncycastle.tls.crypto.TlsECDomain;
import org.bouncycastle.tls.crypto.TlsKemConfig;
import org.bouncycastle.tls.crypto.TlsKemDomain;
import org.bouncycastle.tls.crypto.TlsNonceGenerator;
import org.bouncycastle.tls.crypto.impl.TlsAEADCipher;
import org.bouncycastle.tls.crypto.impl.TlsAEADCipherImpl;
import org.bouncycastle.tls.crypto.impl.jcajce.JcaTlsCrypto;
import org.jspecify.annotations.Nullable;

/**
 * The TLS cryptography, each part by the implementation that is the fastest present ({@link CryptoChoice}): the JVM's
 * providers do all they can, except X25519, where Bouncy Castle's own code is faster than both the JVM's and JCA's way to
 * it, and ECDSA ({@link EcdsaSignature}); Bouncy Castle does ML-KEM where the JVM has none (before Java 24).
 */
final class TlsCrypto extends JcaTlsCrypto {

    private static final String CHACHA20_POLY1305 = "ChaCha20-Poly1305";
    private static final int CHACHA20_KEY = 32;
    private static final int TAG = 16;

    private final SecureRandom random;
    private final @Nullable JcaTlsCrypto kem;

    TlsCrypto(JcaJceHelper helper, CryptoChoice choice, Provider own, SecureRandom random) {
        super(helper, null, random, random);
        this.random = random;
        // On Java 21 to 23 javax.crypto.KEM exists without ML-KEM. bctls then asks the registered providers only,
        // unless
        // its helper is bound to a provider.
        this.kem = choice.jvmMlKem() ? null : new JcaTlsCrypto(new ProviderJcaJceHelper(own), null, random, random) {};
    }

    /**
     * Nonces (the server's random, a TLS 1.2 session's ID) come right from the random source. bctls would seed a
     * generator of its own for each connection, through one lock for all of them; the source's bytes need no further
     * mixing to be unpredictable and distinct.
     */
    @Override
    public TlsNonceGenerator createNonceGenerator(byte[] additionalSeedMaterial) {
        return size -> {
            byte[] nonce = new byte[size];
            random.nextBytes(nonce);
            return nonce;
        };
    }

    @Override
    public TlsCipher createCipher(TlsCryptoParameters parameters, int encryptionAlgorithm, int macAlgorithm)
            throws IOException {
        if (encryptionAlgorithm != EncryptionAlgorithm.CHACHA20_POLY1305) {
            return super.createCipher(parameters, encryptionAlgorithm, macAlgorithm);
        }
        try {
            return new TlsAEADCipher(
                    parameters,
                    new RecordCipher(getHelper().createCipher(CHACHA20_POLY1305), "ChaCha20", true),
                    new RecordCipher(getHelper().createCipher(CHACHA20_POLY1305), "ChaCha20", false),
                    CHACHA20_KEY,
                    TAG,
                    TlsAEADCipher.AEAD_CHACHA20_POLY1305,
                    null);
        } catch (GeneralSecurityException e) {
            return super.createCipher(parameters, encryptionAlgorithm, macAlgorithm);
        }
    }

    @Override
    protected TlsAEADCipherImpl createAEADCipher(String cipher, String algorithm, int keySize, boolean encrypts)
            throws GeneralSecurityException {
        return cipher.equals("AES/GCM/NoPadding")
                ? new RecordCipher(getHelper().createCipher(cipher), algorithm, encrypts)
                : super.createAEADCipher(cipher, algorithm, keySize, encrypts);
    }

    @Override
    public TlsECDomain createECDomain(TlsECConfig config) {
        return config.getNamedGroup() == NamedGroup.x25519
                ? () -> new X25519Agreement(this)
                : super.createECDomain(config);
    }

    @Override
    public TlsKemDomain createKemDomain(TlsKemConfig config) {
        return kem == null ? super.createKemDomain(config) : kem.createKemDomain(config);
    }

    @Override
    protected @Nullable Boolean isSupportedNamedGroup(int namedGroup) {
        return (kem != null && NamedGroup.refersToASpecificKem(namedGroup))
                ? Boolean.valueOf(kem.hasNamedGroup(namedGroup))
                : super.isSupportedNamedGroup(namedGroup);
    }
}
