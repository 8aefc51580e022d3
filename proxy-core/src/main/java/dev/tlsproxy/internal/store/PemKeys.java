package dev.tlsproxy.internal.store;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.interfaces.RSAKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.edec.EdECObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.pkcs.RSAPrivateKey;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.jspecify.annotations.Nullable;

/**
 * Makes a JDK key of a PEM block. The JDK's key factories take PKCS#8 (RFC 5958) only; SEC 1 (RFC 5915) and PKCS#1
 * (RFC 8017 appendix A.1.2) are put into it.
 */
final class PemKeys {

    private static final int MIN_RSA_BITS = 2048;
    private static final String SUPPORTED = " (expected: EC on P-256, P-384 or P-521, or RSA of at least 2048 bits)";

    private static final List<ASN1ObjectIdentifier> CURVES =
            List.of(SECObjectIdentifiers.secp256r1, SECObjectIdentifiers.secp384r1, SECObjectIdentifiers.secp521r1);

    private static final Map<ASN1ObjectIdentifier, String> UNSUPPORTED_NAMES = Map.of(
            EdECObjectIdentifiers.id_Ed25519, "Ed25519",
            EdECObjectIdentifiers.id_Ed448, "Ed448",
            PKCSObjectIdentifiers.id_RSASSA_PSS, "RSASSA-PSS",
            X9ObjectIdentifiers.id_dsa, "DSA",
            SECObjectIdentifiers.secp256k1, "secp256k1");

    private PemKeys() {}

    static PrivateKey read(String label, PemBlock block, List<PemBlock> all) {
        if (block.encrypted() || block.type().equals("ENCRYPTED PRIVATE KEY")) {
            throw new IllegalArgumentException(label + " is encrypted (expected: an unencrypted key; decrypt it with"
                    + " \"openssl pkey -in key.pem -out plain.pem\")");
        }
        if (!List.of("PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY").contains(block.type())) {
            throw unsupported(label, block.type());
        }
        try {
            PrivateKeyInfo info = toPkcs8(block, all);
            Optional<String> unsupported = unsupportedType(info);
            if (unsupported.isPresent()) {
                throw unsupported(label, unsupported.get());
            }
            PrivateKey key = toKey(info);
            if (key instanceof RSAKey rsa && rsa.getModulus().bitLength() < MIN_RSA_BITS) {
                throw unsupported(label, "RSA of " + rsa.getModulus().bitLength() + " bits");
            }
            return key;
        } catch (UnsupportedKeyException e) {
            throw e;
        } catch (GeneralSecurityException | IOException | RuntimeException e) {
            // no cause: its message may hold bytes of the key
            throw new IllegalArgumentException(label + " is damaged: the private key at line " + block.line()
                    + " can't be decoded (expected: an unchanged PEM file; copy it again)");
        }
    }

    private static PrivateKeyInfo toPkcs8(PemBlock block, List<PemBlock> all) throws IOException {
        return switch (block.type()) {
            case "EC PRIVATE KEY" -> {
                ECPrivateKey sec1 = ECPrivateKey.getInstance(block.der());
                ASN1Encodable inside = sec1.getParametersObject();
                ASN1Encodable parameters = inside != null ? inside : precedingParameters(all);
                yield new PrivateKeyInfo(new AlgorithmIdentifier(X9ObjectIdentifiers.id_ecPublicKey, parameters), sec1);
            }
            case "RSA PRIVATE KEY" ->
                new PrivateKeyInfo(
                        new AlgorithmIdentifier(PKCSObjectIdentifiers.rsaEncryption, DERNull.INSTANCE),
                        RSAPrivateKey.getInstance(block.der()));
            default -> PrivateKeyInfo.getInstance(block.der());
        };
    }

    /** RFC 5915 lets a key leave its curve out; OpenSSL's EC PARAMETERS block then names it. */
    private static @Nullable ASN1Encodable precedingParameters(List<PemBlock> all) throws IOException {
        for (PemBlock block : all) {
            if (block.type().equals("EC PARAMETERS")) {
                return ASN1Primitive.fromByteArray(block.der());
            }
        }
        return null;
    }

    private static Optional<String> unsupportedType(PrivateKeyInfo info) {
        AlgorithmIdentifier algorithm = info.getPrivateKeyAlgorithm();
        if (algorithm.getAlgorithm().equals(PKCSObjectIdentifiers.rsaEncryption)) {
            return Optional.empty();
        }
        if (!algorithm.getAlgorithm().equals(X9ObjectIdentifiers.id_ecPublicKey)) {
            return Optional.of(nameOf(algorithm.getAlgorithm()));
        }
        ASN1Encodable curve = algorithm.getParameters();
        if (curve instanceof ASN1ObjectIdentifier oid) {
            return CURVES.contains(oid) ? Optional.empty() : Optional.of("EC on " + nameOf(oid));
        }
        return Optional.of("EC on a curve that is not named");
    }

    private static PrivateKey toKey(PrivateKeyInfo info) throws GeneralSecurityException, IOException {
        boolean rsa = info.getPrivateKeyAlgorithm().getAlgorithm().equals(PKCSObjectIdentifiers.rsaEncryption);
        return KeyFactory.getInstance(rsa ? "RSA" : "EC").generatePrivate(new PKCS8EncodedKeySpec(info.getEncoded()));
    }

    private static String nameOf(ASN1ObjectIdentifier oid) {
        String known = UNSUPPORTED_NAMES.get(oid);
        return known != null ? known : oid.getId();
    }

    private static UnsupportedKeyException unsupported(String label, String type) {
        return new UnsupportedKeyException(label + " has a key of an unsupported type: " + type + SUPPORTED);
    }

    /** Sets a key that is whole, but of no use, apart from a damaged one. */
    private static final class UnsupportedKeyException extends IllegalArgumentException {

        private static final long serialVersionUID = 1L;

        UnsupportedKeyException(String message) {
            super(message);
        }
    }
}
