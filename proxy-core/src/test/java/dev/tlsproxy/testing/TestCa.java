package dev.tlsproxy.testing;

import dev.tlsproxy.spi.CertifiedKey;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;

/** A CA for tests. Its root and intermediate are valid from 2000 to 2100, so that simulated clocks are no trouble. */
public final class TestCa {

    private static final Instant FROM = Instant.parse("2000-01-01T00:00:00Z");
    private static final Instant UNTIL = Instant.parse("2100-01-01T00:00:00Z");
    private static final AtomicLong SERIALS = new AtomicLong(1);

    private final X509Certificate root;
    private final @Nullable X509Certificate intermediate;
    private final X500Name issuerName;
    private final KeyPair issuerKeys;

    private TestCa(
            X509Certificate root, @Nullable X509Certificate intermediate, X500Name issuerName, KeyPair issuerKeys) {
        this.root = root;
        this.intermediate = intermediate;
        this.issuerName = issuerName;
        this.issuerKeys = issuerKeys;
    }

    /** A CA whose root signs: chains of one certificate. */
    public static TestCa create() {
        X500Name name = newName("Test Root");
        KeyPair keys = ecKeys("secp256r1");
        return new TestCa(caCertificate(name, keys, name, keys), null, name, keys);
    }

    /** A CA whose root signed an intermediate, which signs: chains of two. */
    public static TestCa withIntermediate() {
        TestCa root = create();
        X500Name name = newName("Test Intermediate");
        KeyPair keys = ecKeys("secp256r1");
        return new TestCa(root.root, caCertificate(root.issuerName, root.issuerKeys, name, keys), name, keys);
    }

    /** The self-signed root. */
    public X509Certificate root() {
        return root;
    }

    /** An EC P-256 certificate for host patterns and IP addresses, valid from an hour ago for 90 days. */
    public CertifiedKey issue(String... names) {
        return request(names).issue();
    }

    /** As {@link #issue}, where more than the names matters. */
    public Request request(String... names) {
        return new Request(List.of(names));
    }

    /** A server's context with the JDK's own TLS and a certificate for these names. */
    public SSLContext serverContext(String... names) {
        try {
            CertifiedKey key = issue(names);
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            store.setKeyEntry(
                    "server", key.privateKey(), new char[0], key.chain().toArray(X509Certificate[]::new));
            KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
            keys.init(store, new char[0]);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new AssertionError(e);
        }
    }

    /** A client's context that trusts this CA only. */
    public SSLContext clientContext() {
        return clientContext(root);
    }

    /** A client's context that trusts these certificates only. */
    public static SSLContext clientContext(X509Certificate... trusted) {
        try {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            for (int i = 0; i < trusted.length; i++) {
                store.setCertificateEntry("trusted-" + i, trusted[i]);
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new AssertionError(e);
        }
    }

    /** What is asked of the CA. */
    public final class Request {

        private final List<String> names;
        private KeyPair keys = ecKeys("secp256r1");
        private Instant notBefore = Instant.now().minus(Duration.ofHours(1));
        private Instant notAfter = notBefore.plus(Duration.ofDays(90));

        private Request(List<String> names) {
            this.names = names;
        }

        /** An RSA key of that many bits. */
        public Request rsa(int bits) {
            keys = rsaKeys(bits);
            return this;
        }

        /** An EC key on that curve: {@code secp256r1}, {@code secp384r1}, {@code secp521r1}. */
        public Request ec(String curve) {
            keys = ecKeys(curve);
            return this;
        }

        /** Both ends, in whole seconds. */
        public Request valid(Instant from, Instant until) {
            notBefore = from;
            notAfter = until;
            return this;
        }

        /** The certified key, its chain with the intermediate where there is one. */
        public CertifiedKey issue() {
            try {
                X509v3CertificateBuilder builder = builder(
                                issuerName, issuerKeys.getPublic(), newName("Test Leaf"), keys, notBefore, notAfter)
                        .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
                        .addExtension(
                                Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
                if (!names.isEmpty()) {
                    GeneralName[] alternatives =
                            names.stream().map(TestCa::generalName).toArray(GeneralName[]::new);
                    builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(alternatives));
                }
                List<X509Certificate> chain = new ArrayList<>(List.of(sign(builder, issuerKeys)));
                if (intermediate != null) {
                    chain.add(intermediate);
                }
                return CertifiedKey.of(keys.getPrivate(), chain);
            } catch (CertIOException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** A key pair on a named curve. */
    public static KeyPair ecKeys(String curve) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec(curve));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    /** An RSA key pair. */
    public static KeyPair rsaKeys(int bits) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(bits);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static X509Certificate caCertificate(X500Name issuer, KeyPair issuerKeys, X500Name name, KeyPair keys) {
        try {
            return sign(
                    builder(issuer, issuerKeys.getPublic(), name, keys, FROM, UNTIL)
                            .addExtension(Extension.basicConstraints, true, new BasicConstraints(true))
                            .addExtension(
                                    Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign)),
                    issuerKeys);
        } catch (CertIOException e) {
            throw new AssertionError(e);
        }
    }

    private static X509v3CertificateBuilder builder(
            X500Name issuer, PublicKey issuerKey, X500Name name, KeyPair keys, Instant from, Instant until) {
        try {
            JcaX509ExtensionUtils identifiers = new JcaX509ExtensionUtils();
            return new JcaX509v3CertificateBuilder(
                            issuer,
                            BigInteger.valueOf(SERIALS.getAndIncrement()),
                            Date.from(from),
                            Date.from(until),
                            name,
                            keys.getPublic())
                    .addExtension(
                            Extension.subjectKeyIdentifier,
                            false,
                            identifiers.createSubjectKeyIdentifier(keys.getPublic()))
                    .addExtension(
                            Extension.authorityKeyIdentifier,
                            false,
                            identifiers.createAuthorityKeyIdentifier(issuerKey));
        } catch (GeneralSecurityException | CertIOException e) {
            throw new AssertionError(e);
        }
    }

    private static X509Certificate sign(X509v3CertificateBuilder builder, KeyPair keys) {
        try {
            return new JcaX509CertificateConverter()
                    .getCertificate(
                            builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new AssertionError(e);
        }
    }

    private static GeneralName generalName(String name) {
        boolean ip = name.indexOf(':') >= 0 || name.matches("[0-9.]+");
        try {
            return ip
                    ? new GeneralName(
                            GeneralName.iPAddress,
                            new DEROctetString(InetAddress.getByName(name).getAddress()))
                    : new GeneralName(GeneralName.dNSName, name);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static X500Name newName(String what) {
        return new X500Name("CN=" + what + " " + SERIALS.getAndIncrement());
    }
}
