package dev.tlsproxy.internal.listen;

import dev.tlsproxy.internal.listen.AcceptedSockets.OpenConnection;
import dev.tlsproxy.internal.tls.ServerTlsContext;
import dev.tlsproxy.spi.NegotiatedTls;
import dev.tlsproxy.spi.ProxyEvents;
import io.undertow.connector.ByteBufferPool;
import io.undertow.server.HttpHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.XnioWorker;

/**
 * From a TCP connection to exchanges: reads the ClientHello, decides on it, does the handshake within its time-out and
 * opens HTTP/2 or HTTP/1.1. Safe for use by several threads.
 */
public final class HttpsListener implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(HttpsListener.class);

    private final Door door;
    private final AcceptedSockets sockets;
    private final ByteBufferPool pool;
    private final ServerTlsContext context;
    private final ListenConfig config;
    private final ProxyEvents events;
    private final HttpHandOver handOver;
    private final HeldHandshakes held = new HeldHandshakes();
    private final HandshakeTurns turns = new HandshakeTurns();

    /**
     * Makes a listener that is not bound yet.
     *
     * @param worker its I/O threads; its name should begin with {@link dev.tlsproxy.internal.tls.LibraryLogs#THREAD_PREFIX}
     * @param pool buffers for requests and responses
     * @param context decides on each ClientHello
     * @param pipeline handles each exchange; finds the negotiated parameters by ConnectionTls
     * @param config limits
     * @param door counts its connections and handshakes
     * @param events told of each handshake
     */
    public HttpsListener(
            XnioWorker worker,
            ByteBufferPool pool,
            ServerTlsContext context,
            HttpHandler pipeline,
            ListenConfig config,
            Door door,
            ProxyEvents events) {
        this.door = door;
        this.sockets = new AcceptedSockets(worker, door);
        this.pool = pool;
        this.context = context;
        this.config = config;
        this.events = events;
        this.handOver = new HttpHandOver(pool, config, pipeline);
    }

    /**
     * Takes an address; connections are accepted from {@link #startAccepting} on.
     *
     * @param address the address; port 0 for any free one
     * @return the address with its real port
     * @throws IOException when it can't be bound
     */
    public InetSocketAddress bind(InetSocketAddress address) throws IOException {
        return sockets.bind(address, this::accepted);
    }

    private void accepted(OpenConnection connection) {
        HandshakeAttempt attempt = new HandshakeAttempt(this, connection);
        Optional<HandshakePlaces.Place> place =
                door.handshakeBegun(connection.peer().getAddress(), attempt::giveWaySoon);
        if (place.isPresent()) {
            attempt.begin(place.get());
        } else {
            door.tellRefused(connection.peer(), door.handshakesUnderWay());
            connection.close();
        }
    }

    /** Begins to accept connections on all that is bound; those made before wait in the backlog. */
    public void startAccepting() {
        sockets.startAccepting();
    }

    /** Closes the listening sockets. What was accepted goes on. */
    public void stopAccepting() {
        sockets.stopAccepting();
    }

    /**
     * Lets each connection come to its end: one without a request is closed, HTTP/2 clients get GOAWAY and may finish
     * what they have begun. Does not block.
     */
    public void drain() {
        sockets.drain();
    }

    /**
     * Waits until every HTTP/2 connection has come to its end. Blocks; not for I/O threads.
     *
     * @param timeout how long at most
     * @return whether all have
     * @throws InterruptedException when interrupted while waiting
     */
    public boolean awaitDrained(Duration timeout) throws InterruptedException {
        return sockets.awaitDrained(timeout);
    }

    /** Cuts all connections, with the exchanges and tunnels on them, soon. */
    public void closeConnections() {
        sockets.closeConnections();
    }

    /**
     * How many accepted connections are open, with or without handshake.
     *
     * @return the number at this moment
     */
    public int openConnections() {
        return sockets.openConnections();
    }

    /** Stops accepting and cuts all connections. */
    @Override
    public void close() {
        stopAccepting();
        closeConnections();
    }

    ServerTlsContext context() {
        return context;
    }

    ListenConfig config() {
        return config;
    }

    ByteBufferPool pool() {
        return pool;
    }

    HeldHandshakes held() {
        return held;
    }

    HandshakeTurns turns() {
        return turns;
    }

    Door door() {
        return door;
    }

    HttpHandOver handOver() {
        return handOver;
    }

    void tellCompleted(InetSocketAddress client, NegotiatedTls tls) {
        try {
            events.handshakeCompleted(client, tls);
        } catch (RuntimeException e) {
            LOG.warn("ProxyEvents.handshakeCompleted threw", e);
        }
    }

    void tellFailed(InetSocketAddress client, Optional<String> serverName, String reason) {
        try {
            events.handshakeFailed(client, serverName, reason);
        } catch (RuntimeException e) {
            LOG.warn("ProxyEvents.handshakeFailed threw", e);
        }
    }
}
