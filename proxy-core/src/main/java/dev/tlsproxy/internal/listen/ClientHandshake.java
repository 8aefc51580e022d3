package dev.tlsproxy.internal.listen;

import dev.tlsproxy.internal.buffers.BufferPool;
import dev.tlsproxy.internal.listen.AcceptedSockets.OpenConnection;
import dev.tlsproxy.internal.tls.Admission;
import dev.tlsproxy.internal.tls.ServerFlight;
import dev.tlsproxy.spi.NegotiatedTls;
import io.undertow.connector.ByteBufferPool;
import io.undertow.connector.PooledByteBuffer;
import io.undertow.protocols.ssl.UndertowXnioSsl;
import java.io.IOException;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSession;
import org.bouncycastle.jsse.BCSSLEngine;
import org.jspecify.annotations.Nullable;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.conduits.ConduitStreamSourceChannel;
import org.xnio.ssl.SslConnection;

/** The TLS handshake of one connection, from the ClientHello on. */
final class ClientHandshake {

    private static final int RECORD_SPACE = 17 * 1024;
    private static final int MAX_POOLED = 512;

    /** Buffers for TLS records, of which each is in use for a moment only. */
    private static final ByteBufferPool RECORDS = new BufferPool(RECORD_SPACE, MAX_POOLED);

    private final HandshakeAttempt attempt;
    private final Admission.Proceed plan;
    private final ServerFlight flight = new ServerFlight();
    private final PeekedConnection peeked;
    private final SslConnection tlsConnection;
    private final SSLEngine engine;
    private @Nullable NegotiatedTls agreed;
    private boolean done;

    ClientHandshake(HandshakeAttempt attempt, Admission.Proceed plan, byte[] peekedBytes) {
        OpenConnection connection = attempt.connection();
        this.attempt = attempt;
        this.plan = plan;
        this.peeked = new PeekedConnection(connection.raw(), peekedBytes, flight);
        OptionMap options = OptionMap.create(Options.SSL_PEER_HOST_NAME, plan.certificateName());
        this.tlsConnection = new UndertowXnioSsl(
                        connection.raw().getWorker().getXnio(), options, RECORDS, plan.context())
                .wrapExistingConnection(peeked, options, false);
        this.engine = UndertowXnioSsl.getSslEngine(tlsConnection);
        ((BCSSLEngine) engine).setParameters(plan.parameters());
        connection.standOn(tlsConnection);
    }

    void begin() {
        tlsConnection.getHandshakeSetter().set(connection -> agreed());
        ConduitStreamSourceChannel source = tlsConnection.getSourceChannel();
        source.setReadListener(this::advance);
        advance(source);
    }

    /** An alert that the server has sent in plaintext, for the reason of a failure. */
    Optional<String> sentAlert() {
        return flight.alert() < 0 ? Optional.empty() : Optional.of("the server sent alert " + flight.alert());
    }

    /**
     * Called by the conduit, inside a read or a write, when the handshake is done. The outcome is told here, because a
     * client that closes at once leaves nothing to read.
     */
    private void agreed() {
        NegotiatedTls tls = negotiated();
        Optional<String> objection = attempt.listener().context().objection(tls);
        if (plan.challenge()) {
            attempt.challengeShown();
        } else if (objection.isPresent()) {
            attempt.report(objection.get());
        } else {
            attempt.completed(tls);
            agreed = tls;
        }
        done = true;
        tlsConnection.getHandshakeSetter().set(null);
    }

    /** Reading drives the handshake; the first bytes of the application may come with its last message. */
    private void advance(ConduitStreamSourceChannel source) {
        PooledByteBuffer buffer = attempt.pool().allocate();
        boolean handedOn = false;
        try {
            int count = source.read(buffer.getBuffer());
            if (count < 0) {
                attempt.failed(sentAlert().orElse("the client closed the connection during the handshake"));
            } else if (done) {
                source.suspendReads();
                source.setReadListener(null);
                buffer.getBuffer().flip();
                handedOn = agreed != null && handOver(agreed, buffer);
            } else {
                source.resumeReads();
            }
        } catch (IOException e) {
            attempt.failed(sentAlert().orElse("the handshake failed: " + rootMessage(e)));
        } finally {
            if (!handedOn) {
                buffer.close();
            }
        }
        if (done && agreed == null) {
            closeGently();
        }
    }

    /** True where the buffer is taken over. */
    private boolean handOver(NegotiatedTls tls, PooledByteBuffer extra) {
        // An HTTP/2 channel that is given an empty buffer takes it for a first frame and stalls.
        boolean hasBytes = extra.getBuffer().hasRemaining();
        attempt.listener().handOver().open(attempt.connection(), tlsConnection, peeked, tls, hasBytes ? extra : null);
        return hasBytes;
    }

    private NegotiatedTls negotiated() {
        SSLSession session = engine.getSession();
        String protocol = engine.getApplicationProtocol();
        return new NegotiatedTls(
                session.getProtocol(),
                flight.group(),
                session.getCipherSuite(),
                Optional.ofNullable(protocol).filter(text -> !text.isEmpty()),
                plan.serverName());
    }

    /** With close_notify, so that a validating CA sees no truncation. */
    private void closeGently() {
        try {
            tlsConnection.getSinkChannel().shutdownWrites();
            tlsConnection.getSinkChannel().flush();
        } catch (IOException e) {
            // The connection ends either way.
        } finally {
            attempt.connection().close();
        }
    }

    private static String rootMessage(Throwable problem) {
        Throwable root = problem;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    }
}
