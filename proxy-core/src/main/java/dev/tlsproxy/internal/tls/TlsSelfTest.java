package dev.tlsproxy.internal.tls;

import dev.tlsproxy.spi.CertifiedKey;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.jsse.BCSSLEngine;
import org.bouncycastle.jsse.BCSSLParameters;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Proves in memory, by one whole handshake, that X25519MLKEM768 works in this JVM. On a thread of its own, so that the
 * rest of a start goes on meanwhile.
 */
public final class TlsSelfTest implements AutoCloseable {

    /** No certificate authority signs it and nobody can ask for it (RFC 6761 section 6.4). */
    private static final String NAME = "self-test.invalid";

    private static final int BUFFER = 64 * 1024;
    private static final int MAX_STEPS = 100;
    private static final long PATIENCE_MILLIS = 5_000;

    private final FutureTask<Runnable> test;
    private final Thread thread;

    private TlsSelfTest(FutureTask<Runnable> test) {
        this.test = test;
        // The prefix keeps the library's own logs of the handshake off the program's console.
        this.thread = new Thread(test, LibraryLogs.THREAD_PREFIX + "-self-test");
    }

    /**
     * Begins the handshake, with a certificate made for it, on a server with a context's settings.
     *
     * @param context the server's context
     * @param now the time for the certificate's validity
     * @return tells the outcome
     */
    public static TlsSelfTest begin(ServerTlsContext context, Instant now) {
        TlsSelfTest begun = new TlsSelfTest(new FutureTask<>(() -> passed(context, now)));
        begun.thread.setDaemon(true);
        begun.thread.start();
        return begun;
    }

    private static Runnable passed(ServerTlsContext context, Instant now) {
        Runnable handshake = repeated(context, now);
        handshake.run();
        return handshake;
    }

    /**
     * Waits for the outcome. Blocks for that.
     *
     * @throws IllegalStateException when the handshake failed or agreed on another group, or the thread is interrupted
     *     (its flag is kept)
     */
    public void await() {
        var unused = passed();
    }

    /** The handshake that has passed, to be run again. */
    Runnable passed() {
        try {
            return test.get();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            throw cause instanceof IllegalStateException failure ? failure : failure("failed: " + cause, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failure("the thread was interrupted while it waited", e);
        }
    }

    /** Waits for the end of its thread, which outlives the outcome by a moment; five seconds at most. */
    @Override
    public void close() {
        try {
            thread.join(PATIENCE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Runnable repeated(ServerTlsContext context, Instant now) {
        try {
            CertifiedKey key = throwAwayKey(now);
            ServerTlsContext server = context.alone(NAME, key);
            SSLContext client = TlsProvider.newContext(null, new PinnedTrust(Set.of(key.leaf())));
            return () -> check(server, client);
        } catch (GeneralSecurityException | OperatorCreationException | CertIOException e) {
            throw failure("no certificate for it: " + e.getMessage(), e);
        }
    }

    private static void check(ServerTlsContext server, SSLContext client) {
        Optional<String> group;
        try {
            group = handshake(server, client, clientParameters());
        } catch (SSLException e) {
            throw failure("the handshake failed: " + e.getMessage(), e);
        }
        if (!group.equals(Optional.of(NamedGroups.HYBRID))) {
            throw failure("the handshake agreed on " + group.orElse("no group"), null);
        }
    }

    private static IllegalStateException failure(String what, @Nullable Exception cause) {
        return new IllegalStateException(
                "TLS self-test: " + what + " (expected: X25519MLKEM768), Java " + Runtime.version()
                        + "; put bcprov 1.85 or newer, in one version only, on the class path",
                cause);
    }

    /** Does a handshake to its end. Returns the group, where the client can see it on the wire (TLS 1.3). */
    static Optional<String> handshake(ServerTlsContext context, SSLContext trusting, BCSSLParameters offer)
            throws SSLException {
        SSLEngine client = trusting.createSSLEngine(NAME, 443);
        client.setUseClientMode(true);
        ((BCSSLEngine) client).setParameters(offer);
        ByteBuffer toServer = ByteBuffer.allocate(BUFFER);
        client.wrap(ByteBuffer.allocate(0), toServer);
        SSLEngine server = serverFor(context, toServer.duplicate().flip());
        ServerFlight flight = new ServerFlight();
        ByteBuffer toClient = ByteBuffer.allocate(BUFFER);
        for (int step = 0; step < MAX_STEPS && !(isDone(client) && isDone(server)); step++) {
            unwrapAll(server, toServer);
            int before = toClient.position();
            wrapAll(server, toClient);
            flight.feed(toClient.duplicate().flip().position(before));
            unwrapAll(client, toClient);
            wrapAll(client, toServer);
        }
        if (!isDone(client) || !isDone(server)) {
            throw new SSLException("it did not come to its end");
        }
        return flight.group();
    }

    /** No more than such a handshake can come to: bctls looks at each possibility, for long where nothing is compiled. */
    private static BCSSLParameters clientParameters() {
        BCSSLParameters parameters = EngineParameters.makeForTls13(NamedGroups.X25519MLKEM768);
        parameters.setEarlyKeyShares(new String[] {NamedGroups.HYBRID});
        return parameters;
    }

    private static SSLEngine serverFor(ServerTlsContext context, ByteBuffer firstBytes) throws SSLException {
        ClientHelloReader reader = new ClientHelloReader();
        reader.feed(firstBytes);
        ClientHello hello = reader.hello().orElseThrow(() -> new SSLException("no ClientHello was sent"));
        Admission admission = context.admit(hello, InetAddress.getLoopbackAddress());
        if (admission instanceof Admission.Proceed proceed) {
            SSLEngine engine = proceed.context().createSSLEngine(proceed.certificateName(), 0);
            engine.setUseClientMode(false);
            ((BCSSLEngine) engine).setParameters(proceed.parameters());
            return engine;
        }
        throw new SSLException("refused: " + admission);
    }

    private static boolean isDone(SSLEngine engine) {
        return engine.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.NOT_HANDSHAKING
                && ((BCSSLEngine) engine).getConnection() != null;
    }

    private static void wrapAll(SSLEngine engine, ByteBuffer out) throws SSLException {
        while (engine.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.NEED_WRAP) {
            engine.wrap(ByteBuffer.allocate(0), out);
        }
    }

    private static void unwrapAll(SSLEngine engine, ByteBuffer in) throws SSLException {
        in.flip();
        ByteBuffer nothing = ByteBuffer.allocate(BUFFER);
        int before;
        do {
            before = in.remaining();
            engine.unwrap(in, nothing);
        } while (in.hasRemaining() && in.remaining() != before);
        in.compact();
    }

    private static CertifiedKey throwAwayKey(Instant now)
            throws GeneralSecurityException, OperatorCreationException, CertIOException, CertificateException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        KeyPair pair = generator.generateKeyPair();
        X500Principal subject = new X500Principal("CN=" + NAME);
        JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                subject,
                BigInteger.ONE,
                Date.from(now.minus(1, ChronoUnit.DAYS)),
                Date.from(now.plus(1, ChronoUnit.DAYS)),
                subject,
                pair.getPublic());
        builder.addExtension(
                Extension.subjectAlternativeName, false, new GeneralNames(new GeneralName(GeneralName.dNSName, NAME)));
        X509Certificate certificate = new JcaX509CertificateConverter()
                .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate())));
        return CertifiedKey.of(pair.getPrivate(), List.of(certificate));
    }
}
