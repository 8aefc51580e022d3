package dev.tlsproxy.internal.tls;

import dev.tlsproxy.spi.CertifiedKey;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1GeneralizedTime;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1UTCTime;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.DERSet;
import org.bouncycastle.asn1.DERTaggedObject;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.jsse.BCSSLEngine;
import org.bouncycastle.jsse.BCSSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * Proves in memory, by one whole handshake, that X25519MLKEM768 works in this JVM. On a thread of its own, so that the
 * rest of a start goes on meanwhile.
 */
public final class TlsSelfTest implements AutoCloseable {

    /** Without a dot: bctls sends it in no server_name, for which it would load the tables of international names. */
    static final String NAME = "localhost";

    private static final int BUFFER = 64 * 1024;
    private static final int MAX_STEPS = 100;
    private static final long PATIENCE_MILLIS = 5_000;

    private static final AtomicReference<@Nullable TlsSelfTest> EARLY = new AtomicReference<>();

    private final TlsConfig config;
    private final FutureTask<@Nullable Void> test;
    private final Thread thread;

    private TlsSelfTest(TlsConfig config) {
        this.config = config;
        this.test = new FutureTask<>(() -> handshake(config), null);
        // The prefix keeps the library's own logs of the handshake off the program's console.
        this.thread = new Thread(test, LibraryLogs.THREAD_PREFIX + "-self-test");
    }

    /**
     * Begins the handshake before there is a proxy. The first {@link #begin} with the same settings takes it over.
     *
     * @param config the settings expected
     * @return tells the outcome
     */
    public static TlsSelfTest beginEarly(TlsConfig config) {
        TlsSelfTest begun = started(config);
        EARLY.set(begun);
        return begun;
    }

    /**
     * Begins the handshake, with a certificate made for it, on a server with a proxy's settings.
     *
     * @param config the settings
     * @return tells the outcome
     */
    public static TlsSelfTest begin(TlsConfig config) {
        TlsSelfTest early = EARLY.getAndSet(null);
        return early != null && early.config.equals(config) ? early : started(config);
    }

    private static TlsSelfTest started(TlsConfig config) {
        TlsSelfTest begun = new TlsSelfTest(config);
        begun.thread.setDaemon(true);
        begun.thread.start();
        return begun;
    }

    /**
     * Waits for the outcome. Blocks for that.
     *
     * @throws IllegalStateException when the handshake failed or agreed on another group, or the thread is interrupted
     *     (its flag is kept)
     */
    public void await() {
        try {
            test.get();
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

    private static void handshake(TlsConfig config) {
        try {
            CertifiedKey key = throwAwayKey();
            CertificateTable table = new CertificateTable();
            table.deploy(NAME, key);
            ServerTlsContext server = new ServerTlsContext(config, table, new ChallengeTable(), CertificateDemand.NONE);
            SSLContext client = TlsProvider.newContext(null, new PinnedTrust(Set.of(key.leaf())));
            check(server, client);
        } catch (GeneralSecurityException | IOException e) {
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

    /**
     * Its certificate bears no signature: {@link PinnedTrust} compares it whole, and there is no issuer whose key could
     * have made one. It has no end (RFC 5280 section 4.1.2.5).
     */
    private static CertifiedKey throwAwayKey() throws GeneralSecurityException, IOException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        KeyPair pair = generator.generateKeyPair();
        ASN1Encodable algorithm = new DERSequence(X9ObjectIdentifiers.ecdsa_with_SHA256);
        ASN1Encodable name = new DERSequence(
                new DERSet(sequence(new ASN1ObjectIdentifier("2.5.4.3"), new DERUTF8String("self-test"))));
        ASN1Encodable content = sequence(
                new DERTaggedObject(0, new ASN1Integer(2)),
                new ASN1Integer(1),
                algorithm,
                name,
                sequence(new ASN1UTCTime("700101000000Z"), new ASN1GeneralizedTime("99991231235959Z")),
                name,
                ASN1Primitive.fromByteArray(pair.getPublic().getEncoded()));
        byte[] certificate =
                sequence(content, algorithm, new DERBitString(new byte[0])).getEncoded();
        return CertifiedKey.of(pair.getPrivate(), List.of((X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(certificate))));
    }

    private static DERSequence sequence(ASN1Encodable... parts) {
        return new DERSequence(parts);
    }
}
