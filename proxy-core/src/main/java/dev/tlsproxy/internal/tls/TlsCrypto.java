package dev.tlsproxy.internal.tls;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.spec.AlgorithmParameterSpec;
import org.bouncycastle.jcajce.util.JcaJceHelper;
import org.bouncycastle.tls.EncryptionAlgorithm;
import org.bouncycastle.tls.NamedGroup;
import org.bouncycastle.tls.TlsUtils;
import org.bouncycastle.tls.crypto.Tls13Verifier;
import org.bouncycastle.tls.crypto.TlsCipher;
import org.bouncycastle.tls.crypto.TlsCryptoParameters;
import org.bouncycastle.tls.crypto.TlsECConfig;
import org.bouncycastle.tls.crypto.TlsECDomain;
import org.bouncycastle.tls.crypto.TlsKemConfig;
import org.bouncycastle.tls.crypto.TlsKemDomain;
import org.bouncycastle.tls.crypto.TlsNonceGenerator;
import org.bouncycastle.tls.crypto.TlsStreamSigner;
import org.bouncycastle.tls.crypto.TlsStreamVerifier;
import org.bouncycastle.tls.crypto.impl.TlsAEADCipher;
import org.bouncycastle.tls.crypto.impl.TlsAEADCipherImpl;
import org.bouncycastle.tls.crypto.impl.jcajce.JcaTlsCrypto;
import org.jspecify.annotations.Nullable;

/**
 * The TLS cryptography, each part by the implementation that is the fastest present ({@link CryptoChoice}): the JVM's
 * providers do all they can, except X25519, where Bouncy Castle's own code is faster than both the JVM's and JCA's way to
 * it, ECDSA ({@link EcdsaSignature}), and ML-KEM where the JVM has none (before Java 24), which is Bouncy Castle's too.
 */
final class TlsCrypto extends JcaTlsCrypto {

    private static final String CHACHA20_POLY1305 = "ChaCha20-Poly1305";
    private static final String AES_GCM = "AES/GCM/NoPadding";
    private static final int AES_128_KEY = 16;
    private static final int AES_256_KEY = 32;
    private static final int CHACHA20_KEY = 32;
    private static final int TAG = 16;

    private final SecureRandom random;
    private final boolean jvmMlKem;

    TlsCrypto(JcaJceHelper helper, CryptoChoice choice, SecureRandom random) {
        super(helper, null, random, random);
        this.random = random;
        this.jvmMlKem = choice.jvmMlKem();
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
        boolean tls13 =
                TlsUtils.isTLSv13(parameters.getSecurityParametersHandshake().getNegotiatedVersion());
        try {
            return switch (encryptionAlgorithm) {
                case EncryptionAlgorithm.AES_128_GCM ->
                    tls13
                            ? new Tls13Records(parameters, cipher(AES_GCM, true), cipher(AES_GCM, false), AES_128_KEY)
                            : super.createCipher(parameters, encryptionAlgorithm, macAlgorithm);
                case EncryptionAlgorithm.AES_256_GCM ->
                    tls13
                            ? new Tls13Records(parameters, cipher(AES_GCM, true), cipher(AES_GCM, false), AES_256_KEY)
                            : super.createCipher(parameters, encryptionAlgorithm, macAlgorithm);
                case EncryptionAlgorithm.CHACHA20_POLY1305 -> chaCha20(parameters, tls13);
                default -> super.createCipher(parameters, encryptionAlgorithm, macAlgorithm);
            };
        } catch (GeneralSecurityException e) {
            return super.createCipher(parameters, encryptionAlgorithm, macAlgorithm);
        }
    }

    private TlsCipher chaCha20(TlsCryptoParameters parameters, boolean tls13)
            throws IOException, GeneralSecurityException {
        RecordCipher encryption = cipher(CHACHA20_POLY1305, true);
        RecordCipher decryption = cipher(CHACHA20_POLY1305, false);
        return tls13
                ? new Tls13Records(parameters, encryption, decryption, CHACHA20_KEY)
                : new TlsAEADCipher(
                        parameters,
                        encryption,
                        decryption,
                        CHACHA20_KEY,
                        TAG,
                        TlsAEADCipher.AEAD_CHACHA20_POLY1305,
                        null);
    }

    private RecordCipher cipher(String name, boolean encrypts) throws GeneralSecurityException {
        return new RecordCipher(getHelper().createCipher(name), name.equals(AES_GCM) ? "AES" : "ChaCha20", encrypts);
    }

    /** Of TLS 1.2. */
    @Override
    protected TlsAEADCipherImpl createAEADCipher(String cipher, String algorithm, int keySize, boolean encrypts)
            throws GeneralSecurityException {
        return cipher.equals(AES_GCM)
                ? cipher(AES_GCM, encrypts)
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
        return (!jvmMlKem && config.getNamedGroup() == NamedGroup.MLKEM768)
                ? () -> new MlKemAgreement(this, config.isServer())
                : super.createKemDomain(config);
    }

    @Override
    protected TlsStreamSigner createStreamSigner(
            String algorithm, @Nullable AlgorithmParameterSpec parameters, PrivateKey key, boolean needsRandom)
            throws IOException {
        return super.createStreamSigner(JvmJcaHelper.signatureName(algorithm), parameters, key, needsRandom);
    }

    @Override
    protected TlsStreamVerifier createStreamVerifier(
            String algorithm, @Nullable AlgorithmParameterSpec parameters, byte[] signature, PublicKey key)
            throws IOException {
        return super.createStreamVerifier(JvmJcaHelper.signatureName(algorithm), parameters, signature, key);
    }

    @Override
    protected Tls13Verifier createTls13Verifier(
            String algorithm, @Nullable AlgorithmParameterSpec parameters, PublicKey key) throws IOException {
        return super.createTls13Verifier(JvmJcaHelper.signatureName(algorithm), parameters, key);
    }

    /** bctls asks for ChaCha20 and Poly1305 by names that Bouncy Castle's provider alone has. */
    @Override
    protected @Nullable Boolean isSupportedEncryptionAlgorithm(int encryptionAlgorithm) {
        if (encryptionAlgorithm != EncryptionAlgorithm.CHACHA20_POLY1305) {
            return super.isSupportedEncryptionAlgorithm(encryptionAlgorithm);
        }
        try {
            getHelper().createCipher(CHACHA20_POLY1305);
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /** Of the ML-KEM groups that of X25519MLKEM768 alone where the JVM has none. */
    @Override
    protected @Nullable Boolean isSupportedNamedGroup(int namedGroup) {
        return (!jvmMlKem && NamedGroup.refersToASpecificKem(namedGroup))
                ? Boolean.valueOf(namedGroup == NamedGroup.MLKEM768)
                : super.isSupportedNamedGroup(namedGroup);
    }
}
