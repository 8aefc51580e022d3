package dev.tlsproxy.internal.tls;

import java.security.AlgorithmParameterGenerator;
import java.security.AlgorithmParameters;
import java.security.InvalidAlgorithmParameterException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.NoSuchProviderException;
import java.security.Provider;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertPathValidator;
import java.security.cert.CertStore;
import java.security.cert.CertStoreParameters;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.crypto.Cipher;
import javax.crypto.ExemptionMechanism;
import javax.crypto.KeyAgreement;
import javax.crypto.KeyGenerator;
import javax.crypto.Mac;
import javax.crypto.NoSuchPaddingException;
import javax.crypto.SecretKeyFactory;
import org.bouncycastle.jcajce.util.DefaultJcaJceHelper;
import org.bouncycastle.jcajce.util.JcaJceHelper;
import org.bouncycastle.jcajce.util.ProviderJcaJceHelper;

/**
 * Finds a cryptographic primitive at the providers registered in this JVM, in their order (so SunJCE does AES-GCM, or a
 * native provider where the program registered one in front), and at a private Bouncy Castle provider what none of them
 * has. Nothing is registered.
 */
final class FallbackJcaHelper implements JcaJceHelper {

    private final JcaJceHelper jvm = new DefaultJcaJceHelper();
    private final JcaJceHelper own;
    private final CryptoChoice choice;

    /** What the JVM has not, so that it is not asked again in every handshake. */
    private final Set<String> missing = ConcurrentHashMap.newKeySet();

    FallbackJcaHelper(Provider own, CryptoChoice choice) {
        this.own = new ProviderJcaJceHelper(own);
        this.choice = choice;
    }

    private interface Source<T> {
        T create(JcaJceHelper helper) throws NoSuchAlgorithmException, NoSuchProviderException;
    }

    private <T> T find(String kind, String algorithm, Source<T> source)
            throws NoSuchAlgorithmException, NoSuchProviderException {
        String key = kind + "/" + algorithm;
        if (!missing.contains(key)) {
            try {
                return source.create(jvm);
            } catch (NoSuchAlgorithmException e) {
                missing.add(key);
            }
        }
        return source.create(own);
    }

    @Override
    public Cipher createCipher(String algorithm)
            throws NoSuchAlgorithmException, NoSuchPaddingException, NoSuchProviderException {
        String key = "Cipher/" + algorithm;
        if (!missing.contains(key)) {
            try {
                return jvm.createCipher(algorithm);
            } catch (NoSuchAlgorithmException | NoSuchPaddingException e) {
                missing.add(key);
            }
        }
        return own.createCipher(algorithm);
    }

    @Override
    public Mac createMac(String algorithm) throws NoSuchAlgorithmException, NoSuchProviderException {
        return find("Mac", algorithm, helper -> helper.createMac(algorithm));
    }

    @Override
    public KeyAgreement createKeyAgreement(String algorithm) throws NoSuchAlgorithmException, NoSuchProviderException {
        return find("KeyAgreement", algorithm, helper -> helper.createKeyAgreement(algorithm));
    }

    @Override
    public AlgorithmParameterGenerator createAlgorithmParameterGenerator(String algorithm)
            throws NoSuchAlgorithmException, NoSuchProviderException {
        return find(
                "AlgorithmParameterGenerator",
                algorithm,
                helper -> helper.createAlgorithmParameterGenerator(algorithm));
    }

    @Override
    public AlgorithmParameters createAlgorithmParameters(String algorithm)
            throws NoSuchAlgorithmException, NoSuchProviderException {
        return find("AlgorithmParameters", algorithm, helper -> helper.createAlgorithmParameters(algorithm));
    }

    @Override
    public KeyGenerator createKeyGenerator(String algorithm) throws NoSuchAlgorithmException, NoSuchProviderException {
        return find("KeyGenerator", algorithm, helper -> helper.createKeyGenerator(algorithm));
    }

    @Override
    public KeyFactory createKeyFactory(String algorithm) throws NoSuchAlgorithmException, NoSuchProviderException {
        return find("KeyFactory", algorithm, helper -> helper.createKeyFactory(algorithm));
    }

    @Override
    public SecretKeyFactory createSecretKeyFactory(String algorithm)
            throws NoSuchAlgorithmException, NoSuchProviderException {
        return find("SecretKeyFactory", algorithm, helper -> helper.createSecretKeyFactory(algorithm));
    }

    @Override
    public KeyPairGenerator createKeyPairGenerator(String algorithm)
            throws NoSuchAlgorithmException, NoSuchProviderException {
        return find("KeyPairGenerator", algorithm, helper -> helper.createKeyPairGenerator(algorithm));
    }

    @Override
    public MessageDigest createMessageDigest(String algorithm)
            throws NoSuchAlgorithmException, NoSuchProviderException {
        return find("MessageDigest", algorithm, helper -> helper.createMessageDigest(algorithm));
    }

    @Override
    public Signature createSignature(String algorithm) throws NoSuchAlgorithmException, NoSuchProviderException {
        return choice.ownEcdsa() && algorithm.equalsIgnoreCase("NONEwithECDSA")
                ? new EcdsaSignature(() -> jvm.createSignature(algorithm), choice.nativeProvider())
                : find("Signature", algorithm, helper -> helper.createSignature(algorithm));
    }

    @Override
    public SecureRandom createSecureRandom(String algorithm) throws NoSuchAlgorithmException, NoSuchProviderException {
        return find("SecureRandom", algorithm, helper -> helper.createSecureRandom(algorithm));
    }

    @Override
    public CertPathBuilder createCertPathBuilder(String algorithm)
            throws NoSuchAlgorithmException, NoSuchProviderException {
        return find("CertPathBuilder", algorithm, helper -> helper.createCertPathBuilder(algorithm));
    }

    @Override
    public CertPathValidator createCertPathValidator(String algorithm)
            throws NoSuchAlgorithmException, NoSuchProviderException {
        return find("CertPathValidator", algorithm, helper -> helper.createCertPathValidator(algorithm));
    }

    @Override
    public ExemptionMechanism createExemptionMechanism(String algorithm)
            throws NoSuchAlgorithmException, NoSuchProviderException {
        return find("ExemptionMechanism", algorithm, helper -> helper.createExemptionMechanism(algorithm));
    }

    @Override
    @Deprecated
    public MessageDigest createDigest(String algorithm) throws NoSuchAlgorithmException, NoSuchProviderException {
        return createMessageDigest(algorithm);
    }

    @Override
    public CertificateFactory createCertificateFactory(String type)
            throws NoSuchProviderException, CertificateException {
        return jvm.createCertificateFactory(type);
    }

    @Override
    public CertStore createCertStore(String type, CertStoreParameters parameters)
            throws NoSuchAlgorithmException, InvalidAlgorithmParameterException, NoSuchProviderException {
        return jvm.createCertStore(type, parameters);
    }

    @Override
    public KeyStore createKeyStore(String type) throws KeyStoreException, NoSuchProviderException {
        return jvm.createKeyStore(type);
    }
}
