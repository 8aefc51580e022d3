package dev.tlsproxy.internal.listen;

import dev.tlsproxy.internal.listen.AcceptedSockets.OpenConnection;
import dev.tlsproxy.internal.tls.Admission;
import dev.tlsproxy.internal.tls.ClientHello;
import dev.tlsproxy.internal.tls.ClientHelloReader;
import dev.tlsproxy.spi.NegotiatedTls;
import io.undertow.connector.ByteBufferPool;
import io.undertow.connector.PooledByteBuffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.XnioExecutor;
import org.xnio.conduits.ConduitStreamSourceChannel;

/**
 * One accepted connection until its handshake has succeeded or failed: reads the ClientHello, starts the handshake or
 * refuses it, or holds it until there is a certificate; holds the one timer over all, and tells the outcome once. Runs on the connection's I/O thread.
 */
final class HandshakeAttempt {

    /** A ClientHello of 16 KiB in records of a few bytes each; more is no client. */
    private static final int MAX_PEEKED = 64 * 1024;

    /** For a client to read the alert after the time is over. */
    private static final Duration FAREWELL = Duration.ofSeconds(1);

    private final HttpsListener listener;
    private final OpenConnection connection;
    private final InetSocketAddress peer;
    private XnioExecutor.Key timer = () -> false;
    private final ClientHelloReader reader = new ClientHelloReader();
    private final ByteArrayOutputStream peeked = new ByteArrayOutputStream();
    private Optional<String> serverName = Optional.empty();
    private @Nullable ClientHandshake handshake;
    private @Nullable CompletionStage<Boolean> awaited;
    private boolean hasWaited;
    private boolean over;
    private HandshakePlaces.@Nullable Place place;

    HandshakeAttempt(HttpsListener listener, OpenConnection connection) {
        this.listener = listener;
        this.connection = connection;
        this.peer = connection.peer();
    }

    void begin(HandshakePlaces.Place taken) {
        place = taken;
        timer = after(listener.config().handshake(), this::timedOut);
        connection.onClosed(this::closed);
        ConduitStreamSourceChannel source = connection.raw().getSourceChannel();
        source.setReadListener(this::peek);
        peek(source);
    }

    private void peek(ConduitStreamSourceChannel source) {
        ClientHelloReader.Status status = ClientHelloReader.Status.NEED_MORE;
        try (PooledByteBuffer pooled = pool().allocate()) {
            ByteBuffer buffer = pooled.getBuffer();
            while (status == ClientHelloReader.Status.NEED_MORE) {
                buffer.clear();
                int count = source.read(buffer);
                if (count < 0) {
                    failed("the client closed the connection before its ClientHello was complete");
                    return;
                }
                if (count == 0) {
                    source.resumeReads();
                    return;
                }
                status = take(buffer.flip());
            }
        } catch (IOException e) {
            failed("the connection broke before the ClientHello was complete");
            return;
        }
        source.suspendReads();
        source.setReadListener(null);
        decide(status);
    }

    private ClientHelloReader.Status take(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        peeked.writeBytes(copy);
        ClientHelloReader.Status status = reader.feed(bytes);
        return status == ClientHelloReader.Status.NEED_MORE && peeked.size() > MAX_PEEKED
                ? ClientHelloReader.Status.MALFORMED
                : status;
    }

    private void decide(ClientHelloReader.Status status) {
        ClientHello hello = reader.hello().orElse(null);
        if (hello != null) {
            serverName = hello.serverName();
            follow(listener.context().admit(hello, localAddress()));
        } else if (status == ClientHelloReader.Status.NOT_TLS && isHttp(peeked.toByteArray())) {
            report("the client speaks HTTP without TLS");
            Farewell.badRequest(connection, pool());
        } else {
            failed("the client sent no ClientHello");
        }
    }

    private void follow(Admission admission) {
        if (admission instanceof Admission.Refuse refusal) {
            refuse(refusal.alert(), refusal.reason());
        } else if (admission instanceof Admission.Wait wait) {
            await(wait.until());
        } else if (admission instanceof Admission.Proceed plan) {
            listener.turns().begin(connection.raw().getIoThread(), () -> proceed(plan));
        }
    }

    private void proceed(Admission.Proceed plan) {
        if (!over) {
            handshake = new ClientHandshake(this, plan, peeked.toByteArray());
            peeked.reset();
            handshake.begin();
        }
    }

    private void refuse(int alert, String reason) {
        report(reason);
        Farewell.alert(connection, pool(), alert);
    }

    /** Nothing is read meanwhile. */
    private void await(CompletionStage<Boolean> until) {
        awaited = until;
        hasWaited = true;
        if (place == null || !listener.held().hold(this, place.client(), until)) {
            awaited = null;
            refuseToHold();
        }
    }

    private void refuseToHold() {
        refuse(
                Admission.UNRECOGNIZED_NAME,
                "no certificate for the name the client asks for, and " + HeldHandshakes.MAX
                        + " handshakes wait for theirs already");
    }

    /** Called by any thread. */
    void admitSoon() {
        soon(this::admitNow);
    }

    /** Called by any thread, when another client gets this one's place among those that wait. */
    void stopWaitingSoon() {
        soon(() -> {
            if (awaited != null && !over) {
                awaited = null;
                refuseToHold();
            }
        });
    }

    /** Called by any thread, when another client gets this one's place. */
    void giveWaySoon() {
        soon(() -> {
            if (!over) {
                failed("gave way to a client with fewer: " + listener.door().handshakesUnderWay());
            }
        });
    }

    private void soon(Runnable task) {
        try {
            connection.raw().getIoThread().execute(task);
        } catch (RejectedExecutionException e) {
            connection.close();
        }
    }

    private void admitNow() {
        // null where it was refused or closed meanwhile
        if (awaited != null && !over) {
            awaited = null;
            follow(listener.context().admitNow(reader.hello().orElseThrow(), localAddress()));
        }
    }

    private InetAddress localAddress() {
        return connection.raw().getLocalAddress(InetSocketAddress.class).getAddress();
    }

    /** A method is upper-case letters (RFC 9110 section 9.3 for those in use); nothing else that is not TLS is answered. */
    private static boolean isHttp(byte[] first) {
        return first[0] >= 'A' && first[0] <= 'Z';
    }

    private void timedOut() {
        Duration usual = listener.config().handshake();
        if (hasWaited && !over) {
            timer = after(listener.config().heldHandshake().minus(usual), this::heldTooLong);
            return;
        }
        // Also ends a farewell that the client does not let end.
        report("the handshake was not complete after " + usual.toMillis() + " ms");
        connection.close();
    }

    private void heldTooLong() {
        String time = listener.config().heldHandshake().toMillis() + " ms";
        if (stopWaiting()) {
            timer = after(FAREWELL, connection::close);
            refuse(
                    Admission.UNRECOGNIZED_NAME,
                    "there was no certificate for the name the client asks for after " + time);
        } else {
            report("the handshake was not complete after " + time);
            connection.close();
        }
    }

    private boolean stopWaiting() {
        CompletionStage<Boolean> until = awaited;
        awaited = null;
        if (until != null) {
            listener.held().release(this, until);
        }
        return until != null;
    }

    private XnioExecutor.Key after(Duration time, Runnable task) {
        return connection.raw().getIoThread().executeAfter(task, time.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void closed() {
        countOut();
        timer.remove();
        stopWaiting();
        ClientHandshake begun = handshake;
        report(
                begun == null
                        ? "the connection was closed before the handshake"
                        : begun.sentAlert().orElse("the client refused or left the handshake"));
    }

    void completed(NegotiatedTls tls) {
        end();
        listener.tellCompleted(peer, tls);
    }

    /** A validating CA is no client: no event. */
    void challengeShown() {
        end();
    }

    /** The connection lives on without the attempt, whose ClientHello would be a kilobyte for each. */
    private void end() {
        over = true;
        countOut();
        timer.remove();
        connection.onClosed(() -> {});
    }

    private void countOut() {
        if (place != null) {
            place.leave();
            place = null;
        }
    }

    void failed(String reason) {
        report(reason);
        connection.close();
    }

    /** Tells a failure unless an outcome was told already. */
    void report(String reason) {
        if (!over) {
            over = true;
            listener.tellFailed(peer, serverName, reason);
        }
    }

    OpenConnection connection() {
        return connection;
    }

    HttpsListener listener() {
        return listener;
    }

    ByteBufferPool pool() {
        return listener.pool();
    }
}
