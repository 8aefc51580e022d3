package dev.tlsproxy.testing;

import dev.tlsproxy.spi.CertifiedKey;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.x9.ECNamedCurveTable;
import org.bouncycastle.asn1.x9.X962Parameters;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PKCS8Generator;
import org.bouncycastle.openssl.jcajce.JcaMiscPEMGenerator;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.openssl.jcajce.JceOpenSSLPKCS8EncryptorBuilder;
import org.bouncycastle.openssl.jcajce.JcePEMEncryptorBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.util.io.pem.PemObject;

/** Writes PEM by Bouncy Castle's writers, none of the proxy's own. */
public final class TestPem {

    private TestPem() {}

    /** How a private key is written. */
    public enum KeyEncoding {
        /** {@code PRIVATE KEY}. */
        PKCS8,
        /** {@code EC PRIVATE KEY} that names its curve. */
        SEC1,
        /** {@code EC PARAMETERS}, then {@code EC PRIVATE KEY} that leaves the curve out. */
        SEC1_AFTER_PARAMETERS,
        /** {@code RSA PRIVATE KEY}. */
        PKCS1,
        /** {@code ENCRYPTED PRIVATE KEY}, password {@code test}. */
        PKCS8_ENCRYPTED,
        /** {@code EC PRIVATE KEY} or {@code RSA PRIVATE KEY} with {@code Proc-Type: 4,ENCRYPTED}, password {@code test}. */
        TRADITIONAL_ENCRYPTED
    }

    /** Certificates, one block each. */
    public static String of(Iterable<X509Certificate> certificates) {
        StringBuilder text = new StringBuilder();
        certificates.forEach(certificate -> text.append(write(certificate)));
        return text.toString();
    }

    /** The whole chain. */
    public static String chainOf(CertifiedKey key) {
        return of(key.chain());
    }

    /** The key, as PKCS#8. */
    public static String keyOf(CertifiedKey key) {
        return keyOf(key.privateKey(), KeyEncoding.PKCS8);
    }

    /** A key. */
    public static String keyOf(PrivateKey key, KeyEncoding encoding) {
        try {
            PrivateKeyInfo info = PrivateKeyInfo.getInstance(key.getEncoded());
            BouncyCastleProvider provider = new BouncyCastleProvider();
            return switch (encoding) {
                case PKCS8 -> write(new JcaPKCS8Generator(key, null));
                case PKCS1 -> write(new JcaMiscPEMGenerator(key));
                case SEC1 -> write(new PemObject("EC PRIVATE KEY", sec1(info, true)));
                case SEC1_AFTER_PARAMETERS ->
                    write(new PemObject(
                                    "EC PARAMETERS",
                                    info.getPrivateKeyAlgorithm()
                                            .getParameters()
                                            .toASN1Primitive()
                                            .getEncoded()))
                            + write(new PemObject("EC PRIVATE KEY", sec1(info, false)));
                case PKCS8_ENCRYPTED ->
                    write(new JcaPKCS8Generator(
                            key,
                            new JceOpenSSLPKCS8EncryptorBuilder(PKCS8Generator.AES_256_CBC)
                                    .setProvider(provider)
                                    .setPassword("test".toCharArray())
                                    .build()));
                case TRADITIONAL_ENCRYPTED ->
                    write(new JcaMiscPEMGenerator(
                            key,
                            new JcePEMEncryptorBuilder("AES-256-CBC")
                                    .setProvider(provider)
                                    .build("test".toCharArray())));
            };
        } catch (IOException | OperatorCreationException e) {
            throw new AssertionError(e);
        }
    }

    /** Any block. */
    public static String block(String type, byte[] der) {
        return write(new PemObject(type, der));
    }

    /** Writes texts one after another into a file, and gives the file. */
    public static Path file(Path file, String... texts) {
        try {
            return Files.write(file, String.join("", texts).getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] sec1(PrivateKeyInfo info, boolean namesCurve) throws IOException {
        ECPrivateKey inside = ECPrivateKey.getInstance(info.parsePrivateKey());
        ASN1Encodable curve = info.getPrivateKeyAlgorithm().getParameters();
        int bits = ECNamedCurveTable.getByOID(
                        (ASN1ObjectIdentifier) X962Parameters.getInstance(curve).getParameters())
                .getN()
                .bitLength();
        return (namesCurve ? new ECPrivateKey(bits, inside.getKey(), curve) : new ECPrivateKey(bits, inside.getKey()))
                .getEncoded();
    }

    private static String write(Object object) {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            writer.writeObject(object);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return text.toString();
    }
}
