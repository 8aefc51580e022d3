package dev.tlsproxy.internal.upstream;

import dev.tlsproxy.internal.http1.Http1Connection;
import io.undertow.connector.ByteBufferPool;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;
import org.xnio.XnioIoThread;
import org.xnio.conduits.ConduitStreamSourceChannel;

/** An open HTTP/1.1 connection to an upstream. Holds one place of its limit until it is closed or serves a tunnel. */
final class PooledConnection {

    private final UpstreamState upstream;
    private final @Nullable ClientAddresses announced;
    private final StreamConnection stream;
    private final Http1Connection http;
    private final YieldingSource yieldingSource;
    private boolean reused;
    private boolean left;
    private long idleSince;

    /**
     * @param announced the client that its PROXY header names; null without one
     */
    PooledConnection(
            UpstreamState upstream,
            @Nullable ClientAddresses announced,
            StreamConnection stream,
            ByteBufferPool buffers) {
        this.upstream = upstream;
        this.announced = announced;
        this.stream = stream;
        this.http = new Http1Connection(stream, buffers, upstream::faulty);
        ConduitStreamSourceChannel source = stream.getSourceChannel();
        yieldingSource = new YieldingSource(source.getConduit(), stream.getIoThread());
        source.setConduit(yieldingSource);
        onClose(this::leavePool);
    }

    /** A tunnel holds no place: tunnels last for days, and would keep requests out. And it yields itself. */
    void toTunnel() {
        yieldingSource.unlimited();
        leavePool();
    }

    private void leavePool() {
        if (!left) {
            left = true;
            upstream.closed(this);
        }
    }

    UpstreamState upstream() {
        return upstream;
    }

    /** Whether it may carry requests of this client. */
    boolean isFor(@Nullable ClientAddresses client) {
        return Objects.equals(announced, client);
    }

    Http1Connection http() {
        return http;
    }

    XnioIoThread thread() {
        return stream.getIoThread();
    }

    void reused() {
        reused = true;
    }

    /** Whether it served a request before: then the upstream may be closing it right now. */
    boolean isReused() {
        return reused;
    }

    void idleSince(long nanos) {
        idleSince = nanos;
    }

    long idleSince() {
        return idleSince;
    }

    /** Whether the last request and its response left it usable. */
    boolean isIdle() {
        return http.isIdle();
    }

    /** Whether it may carry another request. */
    boolean isQuiet() {
        return http.isQuiet();
    }

    void onClose(Runnable task) {
        // StreamConnection, not ClientConnection: adds to the listeners there are, and runs at once when already closed
        stream.setCloseListener(closed -> task.run());
    }

    /** Closes it at once; on its I/O thread. */
    void close() {
        IoUtils.safeClose(stream);
    }

    /** Closes it from any thread. */
    void closeSoon() {
        try {
            thread().execute(this::close);
        } catch (RejectedExecutionException e) {
            close();
        }
    }
}
