package dev.tlsproxy.internal.tls;

import dev.tlsproxy.internal.names.HostName;
import dev.tlsproxy.spi.CertifiedKey;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A throw-away certificate authority. */
public final class TlsFixtures {

    private static final AtomicLong SERIAL = new AtomicLong(1);

    private final KeyPair rootKey = keyPair("P-256");
    private final X509Certificate root;

    public TlsFixtures() {
        this.root = sign("CN=Test Root " + SERIAL.get(), rootKey.getPublic(), true);
    }

    public X509Certificate root() {
        return root;
    }

    /** Kinds: P-256, P-384, RSA. */
    public CertifiedKey issue(String kind, String... names) {
        KeyPair pair = keyPair(kind);
        return CertifiedKey.of(pair.getPrivate(), List.of(sign("CN=" + names[0], pair.getPublic(), false, names)));
    }

    private static KeyPair keyPair(String kind) {
        try {
            boolean rsa = kind.equals("RSA");
            KeyPairGenerator generator = KeyPairGenerator.getInstance(rsa ? "RSA" : "EC");
            if (rsa) {
                generator.initialize(2048);
            } else {
                generator.initialize(new ECGenParameterSpec(kind.equals("P-256") ? "secp256r1" : "secp384r1"));
            }
            return generator.generateKeyPair();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private X509Certificate sign(String subject, PublicKey key, boolean ca, String... names) {
        try {
            Instant now = Instant.now();
            PrivateKey signer = rootKey.getPrivate();
            X500Principal issuer = root == null ? new X500Principal(subject) : root.getSubjectX500Principal();
            JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    issuer,
                    BigInteger.valueOf(SERIAL.getAndIncrement()),
                    Date.from(now.minus(1, ChronoUnit.DAYS)),
                    Date.from(now.plus(30, ChronoUnit.DAYS)),
                    new X500Principal(subject),
                    key);
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(ca));
            if (names.length > 0) {
                GeneralName[] alternatives = new GeneralName[names.length];
                for (int i = 0; i < names.length; i++) {
                    alternatives[i] = new GeneralName(
                            HostName.isIpLiteral(names[i]) ? GeneralName.iPAddress : GeneralName.dNSName, names[i]);
                }
                builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(alternatives));
            }
            return new JcaX509CertificateConverter()
                    .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(signer)));
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
