package dev.tlsproxy.spi;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.ProviderException;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECParameterSpec;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Whether a private key belongs to a public one. */
final class KeyMatch {

    private KeyMatch() {}

    static boolean matches(PrivateKey privateKey, PublicKey publicKey) {
        if (!publicKey.getAlgorithm().equals(privateKey.getAlgorithm())) {
            return false;
        }
        return (privateKey instanceof ECPrivateKey ec
                        && publicKey instanceof ECPublicKey expected
                        && isMadeFrom(ec, expected))
                || verifiesWhatItSigns(privateKey, publicKey);
    }

    /**
     * Has SunEC, and no provider before it, make a key pair of the private number. A third of the time of a signature and its verification, which
     * run uncompiled in a start. How a generator turns random bytes into a number is its own affair, and a device's key
     * shows none: so only a pair with both halves as given says something, and all else is left to a signature.
     */
    private static boolean isMadeFrom(ECPrivateKey privateKey, ECPublicKey publicKey) {
        BigInteger number = privateKey.getS();
        if (number == null || !isSame(privateKey.getParams(), publicKey.getParams())) {
            return false;
        }
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", "SunEC");
            generator.initialize(publicKey.getParams(), new Given(number));
            KeyPair made = generator.generateKeyPair();
            return made.getPrivate() instanceof ECPrivateKey madePrivate
                    && made.getPublic() instanceof ECPublicKey madePublic
                    && number.equals(madePrivate.getS())
                    && publicKey.getW().equals(madePublic.getW());
        } catch (GeneralSecurityException | RuntimeException e) {
            return false; // no SunEC, a curve it has not, or a number that it takes for none
        }
    }

    private static boolean isSame(@Nullable ECParameterSpec one, @Nullable ECParameterSpec other) {
        return one != null
                && other != null
                && one.getCurve().equals(other.getCurve())
                && one.getGenerator().equals(other.getGenerator())
                && one.getOrder().equals(other.getOrder());
    }

    private static boolean verifiesWhatItSigns(PrivateKey privateKey, PublicKey publicKey) {
        byte[] probe = new byte[32];
        new SecureRandom().nextBytes(probe);
        try {
            Signature signature =
                    Signature.getInstance(publicKey.getAlgorithm().equals("EC") ? "SHA256withECDSA" : "SHA256withRSA");
            signature.initSign(privateKey);
            signature.update(probe);
            byte[] signed = signature.sign();
            signature.initVerify(publicKey);
            signature.update(probe);
            return signature.verify(signed);
        } catch (GeneralSecurityException | ProviderException e) {
            return false;
        }
    }

    /** Gives a number, its lowest byte first, in place of random bytes: SunEC takes them modulo the curve's order. */
    private static final class Given extends SecureRandom {

        private static final long serialVersionUID = 1L;

        private final transient BigInteger number;

        Given(BigInteger number) {
            super(null, null);
            this.number = number;
        }

        @Override
        public void nextBytes(byte[] bytes) {
            byte[] highestFirst = number.toByteArray();
            Arrays.fill(bytes, (byte) 0);
            for (int i = 0; i < Math.min(bytes.length, highestFirst.length); i++) {
                bytes[i] = highestFirst[highestFirst.length - 1 - i];
            }
        }
    }
}
