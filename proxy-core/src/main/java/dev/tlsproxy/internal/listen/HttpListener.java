package dev.tlsproxy.internal.listen;

import dev.tlsproxy.internal.tls.ChallengeTable;
import io.undertow.UndertowOptions;
import io.undertow.connector.ByteBufferPool;
import io.undertow.server.protocol.http.HttpOpenListener;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.function.IntSupplier;
import org.xnio.OptionMap;
import org.xnio.XnioWorker;

/** Plain HTTP/1.1: answers http-01 challenges and sends everything else to HTTPS. Safe for use by several threads. */
public final class HttpListener implements AutoCloseable {

    private final AcceptedSockets sockets;
    private final HttpOpenListener http;
    private final ListenConfig config;

    /**
     * Makes a listener that is not bound yet.
     *
     * @param worker its I/O threads
     * @param pool buffers for requests and responses
     * @param challenges asked for {@code /.well-known/acme-challenge/TOKEN}
     * @param publicHttpsPort the port that clients reach the HTTPS listener at; asked in each request
     * @param config limits; the handshake's is not used
     * @param door counts its connections
     */
    public HttpListener(
            XnioWorker worker,
            ByteBufferPool pool,
            ChallengeTable challenges,
            IntSupplier publicHttpsPort,
            ListenConfig config,
            Door door) {
        this.config = config;
        this.sockets = new AcceptedSockets(worker, door);
        OptionMap options = OptionMap.builder()
                .addAll(HttpOptions.of(config))
                .set(UndertowOptions.ENABLE_HTTP2, false)
                .getMap();
        this.http = new HttpOpenListener(pool, options);
        http.setRootHandler(new PlainHttpHandler(challenges, publicHttpsPort));
    }

    /**
     * Takes an address; connections are accepted from {@link #startAccepting} on.
     *
     * @param address the address; port 0 for any free one
     * @return the address with its real port
     * @throws IOException when it can't be bound
     */
    public InetSocketAddress bind(InetSocketAddress address) throws IOException {
        return sockets.bind(address, connection -> {
            LargeHead.putOn(connection.raw(), config, ByteBuffer.allocate(0));
            http.handleEvent(connection.raw());
        });
    }

    /** Begins to accept connections on all that is bound; those made before wait in the backlog. */
    public void startAccepting() {
        sockets.startAccepting();
    }

    /** Closes the listening sockets. What was accepted goes on. */
    public void stopAccepting() {
        sockets.stopAccepting();
    }

    /** Cuts all connections soon. */
    public void closeConnections() {
        sockets.closeConnections();
    }

    /**
     * How many accepted connections are open.
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
}
