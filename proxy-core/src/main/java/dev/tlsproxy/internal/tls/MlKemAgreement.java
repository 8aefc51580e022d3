package dev.tlsproxy.internal.tls;

import java.io.IOException;
import java.util.Arrays;
import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.crypto.SecretWithEncapsulation;
import org.bouncycastle.crypto.generators.MLKEMKeyPairGenerator;
import org.bouncycastle.crypto.kems.MLKEMExtractor;
import org.bouncycastle.crypto.kems.MLKEMGenerator;
import org.bouncycastle.crypto.params.MLKEMKeyGenerationParameters;
import org.bouncycastle.crypto.params.MLKEMParameters;
import org.bouncycastle.crypto.params.MLKEMPrivateKeyParameters;
import org.bouncycastle.crypto.params.MLKEMPublicKeyParameters;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.TlsFatalAlert;
import org.bouncycastle.tls.crypto.TlsAgreement;
import org.bouncycastle.tls.crypto.TlsSecret;
import org.bouncycastle.tls.crypto.impl.jcajce.JcaTlsCrypto;
import org.jspecify.annotations.Nullable;

/** One ML-KEM-768 key exchange (FIPS 203) by Bouncy Castle's own classes, for JVMs without ML-KEM. */
final class MlKemAgreement implements TlsAgreement {

    private static final MLKEMParameters PARAMETERS = MLKEMParameters.ml_kem_768;

    private final JcaTlsCrypto crypto;
    private final boolean server;
    private @Nullable MLKEMPublicKeyParameters clientKey;
    private @Nullable MLKEMPrivateKeyParameters privateKey;
    private byte[] secret = new byte[0];

    MlKemAgreement(JcaTlsCrypto crypto, boolean server) {
        this.crypto = crypto;
        this.server = server;
    }

    /** The client's key, or the server's ciphertext for the key that the client has sent. */
    @Override
    public byte[] generateEphemeral() throws IOException {
        return server ? encapsulated() : newKey();
    }

    private byte[] encapsulated() throws IOException {
        if (clientKey == null) {
            throw new TlsFatalAlert(AlertDescription.internal_error);
        }
        SecretWithEncapsulation made = new MLKEMGenerator(crypto.getSecureRandom()).generateEncapsulated(clientKey);
        secret = made.getSecret();
        return made.getEncapsulation();
    }

    private byte[] newKey() {
        MLKEMKeyPairGenerator generator = new MLKEMKeyPairGenerator();
        generator.init(new MLKEMKeyGenerationParameters(crypto.getSecureRandom(), PARAMETERS));
        AsymmetricCipherKeyPair pair = generator.generateKeyPair();
        privateKey = (MLKEMPrivateKeyParameters) pair.getPrivate();
        return ((MLKEMPublicKeyParameters) pair.getPublic()).getEncoded();
    }

    /** Refuses a key or ciphertext of a wrong length, and a key with a number out of range (FIPS 203 section 7.2). */
    @Override
    public void receivePeerValue(byte[] peerValue) throws IOException {
        try {
            if (server) {
                clientKey = new MLKEMPublicKeyParameters(PARAMETERS, peerValue);
            } else if (privateKey != null) {
                secret = new MLKEMExtractor(privateKey).extractSecret(peerValue);
            }
        } catch (IllegalArgumentException e) {
            throw new TlsFatalAlert(AlertDescription.illegal_parameter, e);
        }
    }

    @Override
    public TlsSecret calculateSecret() {
        try {
            return crypto.createSecret(secret);
        } finally {
            Arrays.fill(secret, (byte) 0);
            privateKey = null;
        }
    }
}
