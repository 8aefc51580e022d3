package dev.tlsproxy.acme.internal.order;

import dev.tlsproxy.spi.CertifiedKey;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** The certificate that answers tls-alpn-01 (RFC 8737 section 3); acme4j's own can't be signed with an EC key. */
final class AlpnCertificate {

    private static final ASN1ObjectIdentifier ACME_IDENTIFIER = new ASN1ObjectIdentifier("1.3.6.1.5.5.7.1.31");
    private static final X500Name SUBJECT = new X500Name("CN=acme challenge");
    private static final Duration VALIDITY = Duration.ofDays(7);
    private static final SecureRandom RANDOM = new SecureRandom();

    private AlpnCertificate() {}

    /** Exactly one name, and the digest of the key authorization in a critical extension. */
    static CertifiedKey create(OrderName name, byte[] digest, Instant now) {
        KeyPair keys = Keys.account();
        GeneralName alternative = name.address()
                .map(InetAddress::getAddress)
                .map(bytes -> new GeneralName(GeneralName.iPAddress, new DEROctetString(bytes)))
                .orElseGet(() -> new GeneralName(GeneralName.dNSName, name.host()));
        try {
            X509CertificateHolder certificate = new JcaX509v3CertificateBuilder(
                            SUBJECT,
                            new BigInteger(126, RANDOM).add(BigInteger.ONE),
                            Date.from(now.minus(VALIDITY)), // the CA's clock may be behind ours
                            Date.from(now.plus(VALIDITY)),
                            SUBJECT,
                            keys.getPublic())
                    .addExtension(Extension.subjectAlternativeName, false, new GeneralNames(alternative))
                    .addExtension(ACME_IDENTIFIER, true, new DEROctetString(digest))
                    .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate()));
            return CertifiedKey.of(
                    keys.getPrivate(), List.of(new JcaX509CertificateConverter().getCertificate(certificate)));
        } catch (IOException | CertificateException | OperatorCreationException e) {
            throw new IllegalStateException("challenge certificate for " + name + " can't be made", e);
        }
    }
}
