package dev.tlsproxy.internal.upstream;

import io.undertow.client.ClientConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.RejectedExecutionException;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;
import org.xnio.XnioIoThread;

/** An open HTTP/1.1 connection to an upstream. Holds one place of its limit until it is closed or serves a tunnel. */
final class PooledConnection {

    private final UpstreamState upstream;
    private final StreamConnection stream;
    private final ClientConnection http;
    private final HeadGuard guard;
    private boolean reused;
    private boolean left;
    private long idleSince;

    PooledConnection(UpstreamState upstream, UpstreamConnector.Opened opened) {
        this.upstream = upstream;
        this.stream = opened.stream();
        this.http = opened.http();
        this.guard = opened.guard();
        onClose(this::leavePool);
    }

    /** A tunnel holds no place: tunnels last for days, and would keep requests out. */
    void leavePool() {
        if (!left) {
            left = true;
            upstream.closed(this);
        }
    }

    UpstreamState upstream() {
        return upstream;
    }

    ClientConnection http() {
        return http;
    }

    HeadGuard guard() {
        return guard;
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

    boolean isOpen() {
        return http.isOpen();
    }

    /**
     * Whether it is open and nothing waits to be read: neither the end, nor bytes that would be taken for the response to
     * the next request.
     */
    boolean isQuiet() {
        try {
            return http.isOpen() && stream.getSourceChannel().read(ByteBuffer.allocate(1)) == 0;
        } catch (IOException e) {
            return false;
        }
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
