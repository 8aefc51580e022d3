package dev.tlsproxy.internal.tls;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.InvalidParameterException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.ECPrivateKey;
import java.util.Arrays;
import java.util.Objects;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.crypto.signers.StandardDSAEncoding;
import org.jspecify.annotations.Nullable;

/**
 * ECDSA over a hash made elsewhere (JCA's {@code NONEwithECDSA}): signs with a P-256 key through Bouncy Castle's own
 * code, which takes a seventh of SunEC's time on Java 17. Whatever else is asked, a
 * verification, another curve, a key that a device keeps, goes to the JVM. A native provider signs with all keys it can
 * read, in less than half of that again.
 *
 * <p>That code multiplies the base point by a comb of fixed length whose table is read whole at each step, and inverts the
 * random number in constant time. Only the last step is by BigInteger: two multiplications of numbers of fixed size, one
 * factor of which is random and fresh for each signature. SunEC has none of these, and signs where it is fast enough.
 */
final class EcdsaSignature extends Signature {

    static final String NAME = "NONEwithECDSA";
    private static final int MAX_HASH = 64;
    private static final ECDomainParameters P256 = new ECDomainParameters(CustomNamedCurves.getByName("secp256r1"));

    /** Makes the signature object for what is not done here. */
    interface Jvm {
        Signature create() throws GeneralSecurityException;
    }

    private final Jvm jvm;
    private final @Nullable NativeKeys nativeKeys;
    private final byte[] hash = new byte[MAX_HASH];
    private int length;
    private @Nullable ECDSASigner signer;
    private @Nullable Signature other;

    /**
     * Makes one.
     *
     * @param jvm for what is not done here
     * @param nativeKeys signs with all keys that a native provider can read, where one is there
     */
    EcdsaSignature(Jvm jvm, @Nullable NativeKeys nativeKeys) {
        super(NAME);
        this.jvm = jvm;
        this.nativeKeys = nativeKeys;
    }

    @Override
    protected void engineInitSign(PrivateKey key) throws InvalidKeyException {
        engineInitSign(key, new SecureRandom());
    }

    @Override
    protected void engineInitSign(PrivateKey key, SecureRandom random) throws InvalidKeyException {
        Arrays.fill(hash, (byte) 0);
        length = 0;
        signer = null;
        other = null;
        // The key of a device (PKCS#11) shows its kind, not its number.
        ECPrivateKey open = key instanceof ECPrivateKey ec && ec.getParams() != null && ec.getS() != null ? ec : null;
        if (open != null && nativeKeys != null) {
            other = created(() -> nativeKeys.signer(key));
        } else if (open != null && P256.getN().equals(open.getParams().getOrder())) {
            signer = signerOf(open.getS(), random);
        } else {
            other = created(jvm);
            other.initSign(key, random);
        }
    }

    private static ECDSASigner signerOf(BigInteger secret, SecureRandom random) throws InvalidKeyException {
        try {
            ECDSASigner signer = new ECDSASigner();
            signer.init(true, new ParametersWithRandom(new ECPrivateKeyParameters(secret, P256), random));
            return signer;
        } catch (IllegalArgumentException e) {
            throw new InvalidKeyException("EC private key: out of range (expected: 1..n-1 of P-256)", e);
        }
    }

    @Override
    protected void engineInitVerify(PublicKey key) throws InvalidKeyException {
        signer = null;
        other = created(jvm);
        other.initVerify(key);
    }

    private static Signature created(Jvm source) throws InvalidKeyException {
        try {
            return source.create();
        } catch (InvalidKeyException e) {
            throw e;
        } catch (GeneralSecurityException e) {
            throw new InvalidKeyException("no provider has " + NAME, e);
        }
    }

    @Override
    protected void engineUpdate(byte b) throws SignatureException {
        engineUpdate(new byte[] {b}, 0, 1);
    }

    @Override
    protected void engineUpdate(byte[] bytes, int offset, int count) throws SignatureException {
        if (other != null) {
            other.update(bytes, offset, count);
            return;
        }
        if (count > MAX_HASH - length) {
            throw new SignatureException("hash: longer than " + MAX_HASH + " bytes");
        }
        System.arraycopy(bytes, offset, hash, length, count);
        length += count;
    }

    @Override
    protected byte[] engineSign() throws SignatureException {
        if (other != null) {
            return other.sign();
        }
        try {
            BigInteger[] signature = Objects.requireNonNull(signer).generateSignature(Arrays.copyOf(hash, length));
            return StandardDSAEncoding.INSTANCE.encode(P256.getN(), signature[0], signature[1]);
        } catch (IOException | IllegalArgumentException e) {
            throw new SignatureException("ECDSA signature can't be encoded", e);
        } finally {
            length = 0;
        }
    }

    @Override
    protected boolean engineVerify(byte[] signature) throws SignatureException {
        return Objects.requireNonNull(other).verify(signature);
    }

    @Override
    @Deprecated
    protected void engineSetParameter(String name, Object value) {
        throw new InvalidParameterException("ECDSA signature: has no parameter " + name);
    }

    @Override
    @Deprecated
    protected Object engineGetParameter(String name) {
        throw new InvalidParameterException("ECDSA signature: has no parameter " + name);
    }
}
