package dev.tlsproxy.acme.internal.life;

import dev.tlsproxy.acme.internal.order.IssueException;
import dev.tlsproxy.acme.internal.order.Issuer;
import dev.tlsproxy.acme.internal.order.RenewalWindow;
import dev.tlsproxy.spi.CertifiedKey;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A CA whose certificates live as long as the test says; it refuses what the test wants refused, and counts. */
final class FakeIssuer implements Issuer {

    private static final AtomicLong SERIAL = new AtomicLong(1);
    private static final KeyPair KEYS = keys();

    record Asked(String name, Instant at, Optional<X509Certificate> replaces) {}

    /** What happens before a certificate is issued. */
    interface Rule {
        void check(String name) throws IssueException, InterruptedException;
    }

    final List<Asked> orders = new CopyOnWriteArrayList<>();
    final List<Instant> windowsAsked = new CopyOnWriteArrayList<>();
    volatile Rule rule = name -> {};
    volatile Function<X509Certificate, Optional<RenewalWindow>> window = leaf -> Optional.empty();
    volatile Function<String, Duration> lifetime = name -> Duration.ofDays(90);
    volatile Optional<Issuer> staging = Optional.empty();
    volatile boolean closed;

    private final String id;
    private final Clock clock;

    FakeIssuer(String id, Clock clock) {
        this.id = id;
        this.clock = clock;
    }

    static IssueException failure(IssueException.Kind kind, String message) {
        return new IssueException(kind, message, Optional.empty(), null);
    }

    static CertifiedKey certificate(String name, Instant notBefore, Instant notAfter) {
        X500Name subject = new X500Name("CN=fake");
        try {
            var builder = new JcaX509v3CertificateBuilder(
                    subject,
                    BigInteger.valueOf(SERIAL.getAndIncrement()),
                    Date.from(notBefore),
                    Date.from(notAfter),
                    subject,
                    KEYS.getPublic());
            builder.addExtension(
                    Extension.subjectAlternativeName,
                    false,
                    new GeneralNames(new GeneralName(GeneralName.dNSName, name)));
            X509Certificate certificate = new JcaX509CertificateConverter()
                    .getCertificate(
                            builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(KEYS.getPrivate())));
            return CertifiedKey.of(KEYS.getPrivate(), List.of(certificate));
        } catch (GeneralSecurityException | OperatorCreationException | java.io.IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public CertifiedKey issue(String name, Optional<X509Certificate> replaces)
            throws IssueException, InterruptedException {
        orders.add(new Asked(name, clock.instant(), replaces));
        rule.check(name);
        return certificate(name, clock.instant(), clock.instant().plus(lifetime.apply(name)));
    }

    @Override
    public Optional<RenewalWindow> renewalWindow(X509Certificate certificate) throws IssueException {
        windowsAsked.add(clock.instant());
        return window.apply(certificate);
    }

    @Override
    public Optional<Issuer> staging() {
        return staging;
    }

    @Override
    public void close() {
        closed = true;
    }

    private static KeyPair keys() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(256);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
