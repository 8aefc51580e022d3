package dev.tlsproxy.internal.tls;

import java.io.IOException;
import java.util.Arrays;
import org.bouncycastle.math.ec.rfc7748.X25519;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.TlsFatalAlert;
import org.bouncycastle.tls.crypto.TlsAgreement;
import org.bouncycastle.tls.crypto.TlsSecret;
import org.bouncycastle.tls.crypto.impl.jcajce.JcaTlsCrypto;

/** One X25519 key exchange (RFC 7748 section 6.1, RFC 8446 section 7.4.2). */
final class X25519Agreement implements TlsAgreement {

    private final JcaTlsCrypto crypto;
    private final byte[] privateKey = new byte[X25519.SCALAR_SIZE];
    private byte[] peerKey = new byte[0];

    X25519Agreement(JcaTlsCrypto crypto) {
        this.crypto = crypto;
    }

    @Override
    public byte[] generateEphemeral() {
        X25519.generatePrivateKey(crypto.getSecureRandom(), privateKey);
        byte[] publicKey = new byte[X25519.POINT_SIZE];
        X25519.generatePublicKey(privateKey, 0, publicKey, 0);
        return publicKey;
    }

    @Override
    public void receivePeerValue(byte[] peerValue) throws IOException {
        if (peerValue.length != X25519.POINT_SIZE) {
            throw new TlsFatalAlert(AlertDescription.illegal_parameter);
        }
        peerKey = peerValue.clone();
    }

    @Override
    public TlsSecret calculateSecret() throws IOException {
        byte[] secret = new byte[X25519.POINT_SIZE];
        try {
            // False for the all-zero result of a low-order point, which both RFCs want refused.
            if (!X25519.calculateAgreement(privateKey, 0, peerKey, 0, secret, 0)) {
                throw new TlsFatalAlert(AlertDescription.illegal_parameter);
            }
            return crypto.createSecret(secret);
        } finally {
            Arrays.fill(privateKey, (byte) 0);
            Arrays.fill(secret, (byte) 0);
        }
    }
}
