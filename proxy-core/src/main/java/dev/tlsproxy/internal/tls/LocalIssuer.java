package dev.tlsproxy.internal.tls;

import dev.tlsproxy.internal.names.HostName;
import dev.tlsproxy.spi.CertifiedKey;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * Makes and recognizes the certificates of one root (RFC 5280 section 4). What it makes passes the strictest verifiers:
 * OpenSSL with {@code -x509_strict} (as Python 3.13 has it by default) wants both key identifiers, Apple's at most 825
 * days and serverAuth, Chromium the name in subjectAltName.
 */
final class LocalIssuer {

    static final Duration ROOT_LIFE = Duration.ofDays(3652);
    static final Duration LEAF_LIFE = Duration.ofDays(90);
    /** For clients whose clock is behind. */
    static final Duration BACKDATED = Duration.ofHours(1);

    private static final int MAX_COMMON_NAME = 64;
    private static final int SERIAL_BITS = 128;

    private final CertifiedKey root;
    private final SecureRandom random;

    LocalIssuer(CertifiedKey root, SecureRandom random) {
        this.root = root;
        this.random = random;
    }

    static CertifiedKey makeRoot(Instant now, SecureRandom random) {
        byte[] id = new byte[4];
        random.nextBytes(id);
        X500Name name = commonName("TLS proxy local CA " + HexFormat.of().formatHex(id));
        try {
            KeyPair pair = newKeyPair(random);
            X509v3CertificateBuilder certificate = builder(name, now, ROOT_LIFE, name, pair, random)
                    .addExtension(Extension.basicConstraints, true, new BasicConstraints(0))
                    .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
            return CertifiedKey.of(pair.getPrivate(), List.of(sign(certificate, pair.getPrivate(), random)));
        } catch (GeneralSecurityException | IOException | OperatorCreationException e) {
            throw new IllegalStateException("local CA's root can't be made: " + e.getMessage(), e);
        }
    }

    /** Whether it is a self-signed certificate that may sign others. */
    static boolean canSign(CertifiedKey root) {
        X509Certificate certificate = root.leaf();
        boolean[] usage = certificate.getKeyUsage();
        boolean maySign = usage == null || usage[5];
        return certificate.getBasicConstraints() >= 0 && maySign && isSignedBy(certificate, certificate);
    }

    CertifiedKey root() {
        return root;
    }

    boolean issued(X509Certificate leaf) {
        return isSignedBy(leaf, root.leaf());
    }

    CertifiedKey issue(String name, Instant now) {
        boolean fits = name.length() <= MAX_COMMON_NAME;
        // RFC 5280 section 4.2.1.6: with an empty subject, subjectAltName is critical
        X500Name subject = fits ? commonName(name) : new X500NameBuilder().build();
        try {
            JcaX509CertificateHolder issuer = new JcaX509CertificateHolder(root.leaf());
            KeyPair pair = newKeyPair(random);
            X509v3CertificateBuilder certificate = builder(issuer.getSubject(), now, LEAF_LIFE, subject, pair, random)
                    .addExtension(Extension.subjectAlternativeName, !fits, new GeneralNames(generalName(name)))
                    .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
                    .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
                    .addExtension(
                            Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth))
                    .addExtension(Extension.authorityKeyIdentifier, false, keyIdentifierOf(issuer));
            return CertifiedKey.of(pair.getPrivate(), List.of(sign(certificate, root.privateKey(), random)));
        } catch (GeneralSecurityException | IOException | OperatorCreationException e) {
            throw new IllegalStateException("certificate for " + name + " can't be made: " + e.getMessage(), e);
        }
    }

    private static X509v3CertificateBuilder builder(
            X500Name issuer, Instant now, Duration life, X500Name subject, KeyPair pair, SecureRandom random)
            throws GeneralSecurityException, IOException {
        BigInteger serial = new BigInteger(SERIAL_BITS, random).setBit(SERIAL_BITS - 1);
        Instant notBefore = now.minus(BACKDATED);
        return new JcaX509v3CertificateBuilder(
                        issuer,
                        serial,
                        Date.from(notBefore),
                        Date.from(notBefore.plus(life)),
                        subject,
                        pair.getPublic())
                .addExtension(
                        Extension.subjectKeyIdentifier,
                        false,
                        new JcaX509ExtensionUtils().createSubjectKeyIdentifier(pair.getPublic()));
    }

    /** Without a provider's name the JDK signs and decodes; nothing has to be registered. */
    private static X509Certificate sign(X509v3CertificateBuilder certificate, PrivateKey key, SecureRandom random)
            throws GeneralSecurityException, OperatorCreationException {
        String algorithm = key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
        return new JcaX509CertificateConverter()
                .getCertificate(certificate.build(new JcaContentSignerBuilder(algorithm)
                        .setSecureRandom(random)
                        .build(key)));
    }

    private static KeyPair newKeyPair(SecureRandom random) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"), random);
        return generator.generateKeyPair();
    }

    private static X500Name commonName(String text) {
        return new X500NameBuilder(BCStyle.INSTANCE).addRDN(BCStyle.CN, text).build();
    }

    private static GeneralName generalName(String name) throws IOException {
        // an IP literal is never looked up
        return HostName.isIpLiteral(name)
                ? new GeneralName(
                        GeneralName.iPAddress,
                        new DEROctetString(InetAddress.getByName(name).getAddress()))
                : new GeneralName(GeneralName.dNSName, name);
    }

    /** The root's own identifier, whichever way it was computed, so that both match. */
    private static AuthorityKeyIdentifier keyIdentifierOf(JcaX509CertificateHolder issuer)
            throws GeneralSecurityException {
        SubjectKeyIdentifier own = SubjectKeyIdentifier.fromExtensions(issuer.getExtensions());
        return own != null
                ? new AuthorityKeyIdentifier(own.getKeyIdentifier())
                : new JcaX509ExtensionUtils().createAuthorityKeyIdentifier(issuer.getSubjectPublicKeyInfo());
    }

    private static boolean isSignedBy(X509Certificate certificate, X509Certificate issuer) {
        if (!certificate.getIssuerX500Principal().equals(issuer.getSubjectX500Principal())) {
            return false;
        }
        try {
            certificate.verify(issuer.getPublicKey());
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
