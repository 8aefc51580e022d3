package dev.tlsproxy.internal.upstream;

import io.undertow.connector.ByteBufferPool;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.xnio.StreamConnection;
import org.xnio.XnioIoThread;
import org.xnio.XnioWorker;

/** Makes connections: look-up of the name, TCP, PROXY header, TLS. */
final class UpstreamConnector {

    /** Told once, on the I/O thread. */
    interface Callback {
        void connected(StreamConnection connection);

        void failed(UpstreamFailure failure);
    }

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

    /**
     * Called on the I/O thread that the connection will belong to.
     *
     * @param announced the client that the PROXY header names, where the upstream wants one; null for the proxy itself
     */
    void connect(
            UpstreamAddress upstream, @Nullable ClientAddresses announced, XnioIoThread thread, Callback callback) {
        ConnectTry attempt = new ConnectTry(upstream, announced, thread, timeout, ticker, callback);
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

    ByteBufferPool buffers() {
        return buffers;
    }

    LongSupplier ticker() {
        return ticker;
    }
}
