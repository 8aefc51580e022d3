package dev.tlsproxy.internal.upstream;

import io.undertow.UndertowOptions;
import io.undertow.client.ClientCallback;
import io.undertow.client.ClientConnection;
import io.undertow.client.http.HttpClientProvider;
import io.undertow.connector.ByteBufferPool;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.xnio.OptionMap;
import org.xnio.StreamConnection;
import org.xnio.XnioIoThread;
import org.xnio.XnioWorker;
import org.xnio.ssl.SslConnection;

/** Makes connections: look-up of the name, TCP, TLS, and Undertow's HTTP/1.1 client on top. */
final class UpstreamConnector {

    private static final OptionMap HTTP = OptionMap.create(UndertowOptions.ENABLE_HTTP2, false);

    /** Told once, on the I/O thread. */
    interface Callback {
        void connected(Opened opened);

        void failed(UpstreamFailure failure);
    }

    /** A new connection, its HTTP client, and what guards the size of its response heads. */
    record Opened(StreamConnection stream, ClientConnection http, HeadGuard guard) {}

    private final XnioWorker worker;
    private final ByteBufferPool buffers;
    private final Duration timeout;
    private final UpstreamResolver resolver;
    private final LongSupplier ticker;

    UpstreamConnector(
            XnioWorker worker,
            ByteBufferPool buffers,
            Duration timeout,
            UpstreamResolver resolver,
            LongSupplier ticker) {
        this.worker = worker;
        this.buffers = buffers;
        this.timeout = timeout;
        this.resolver = resolver;
        this.ticker = ticker;
    }

    /** Called on the I/O thread that the connection will belong to. */
    void connect(UpstreamAddress upstream, XnioIoThread thread, Callback callback) {
        ConnectTry attempt = new ConnectTry(this, upstream, thread, timeout, ticker, callback);
        attempt.start();
        resolve(upstream.uri(), thread, attempt::resolved);
    }

    private void resolve(URI uri, XnioIoThread thread, Consumer<@Nullable List<InetAddress>> result) {
        String host = host(uri);
        if (InetAddresses.isLiteral(uri.getHost(), host)) {
            result.accept(lookUp(InetAddresses::literal, host));
            return;
        }
        try {
            worker.execute(() -> {
                List<InetAddress> addresses = lookUp(resolver, host);
                try {
                    thread.execute(() -> result.accept(addresses));
                } catch (RejectedExecutionException e) {
                    // the worker is shut down, and the exchange with it
                }
            });
        } catch (RejectedExecutionException e) {
            result.accept(null);
        }
    }

    private static @Nullable List<InetAddress> lookUp(UpstreamResolver how, String host) {
        try {
            List<InetAddress> addresses = how.resolve(host);
            return addresses.isEmpty() ? null : addresses;
        } catch (UnknownHostException | RuntimeException e) {
            return null; // a resolver is code of others: whatever it throws, there is no address
        }
    }

    /** The host without the brackets that an IPv6 literal has in a URI. */
    static String host(URI uri) {
        String host = uri.getHost();
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    /** Puts Undertow's client on a connection that is ready for it; {@code truncated} asks how its stream ended. */
    Opened open(SslConnection connection, URI uri, BooleanSupplier truncated) {
        HeadGuard guard = new HeadGuard(
                new YieldingSource(connection.getSourceChannel().getConduit(), connection.getIoThread()), truncated);
        connection.getSourceChannel().setConduit(guard);
        Handed handed = new Handed();
        // the one public way to Undertow's HttpClientConnection for a connection that is open already
        HttpClientProvider.alpnProtocol(handed, uri, buffers, HTTP)
                .getSelected()
                .handleEvent(connection);
        ClientConnection http = handed.connection;
        if (http == null) {
            throw new IllegalStateException("Undertow gave no client connection");
        }
        return new Opened(connection, http, guard);
    }

    ByteBufferPool buffers() {
        return buffers;
    }

    private static final class Handed implements ClientCallback<ClientConnection> {

        private @Nullable ClientConnection connection;

        @Override
        public void completed(ClientConnection result) {
            connection = result;
        }

        @Override
        public void failed(IOException e) {
            // leaves it null
        }
    }
}
