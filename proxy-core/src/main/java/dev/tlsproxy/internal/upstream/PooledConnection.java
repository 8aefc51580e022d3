package dev.tlsproxy.internal.upstream;

import dev.tlsproxy.internal.http1.Http1Connection;
import io.undertow.client.ClientCallback;
import io.undertow.client.ClientConnection;
import io.undertow.client.ClientExchange;
import io.undertow.client.ClientRequest;
import io.undertow.connector.ByteBufferPool;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;
import org.xnio.XnioIoThread;

/** An open HTTP/1.1 connection to an upstream. Holds one place of its limit until it is closed or serves a tunnel. */
final class PooledConnection implements Carrier {

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
        yieldingSource = YieldingSource.under(stream);
        onClose(this::leavePool);
    }

    /** A tunnel holds no place: tunnels last for days, and would keep requests out. And it yields itself. */
    @Override
    public StreamConnection toTunnel() throws IOException {
        yieldingSource.unlimited();
        leavePool();
        return http.performUpgrade();
    }

    private void leavePool() {
        if (!left) {
            left = true;
            upstream.closed(this);
        }
    }

    @Override
    public UpstreamState upstream() {
        return upstream;
    }

    /** Whether it may carry requests of this client. */
    boolean isFor(@Nullable ClientAddresses client) {
        return Objects.equals(announced, client);
    }

    @Override
    public ClientConnection connection() {
        return http;
    }

    @Override
    public void send(ClientRequest request, @Nullable ClientExchange before, ClientCallback<ClientExchange> callback) {
        http.sendRequest(request, callback);
    }

    /** RFC 9110 section 9.2.2, RFC 9112 section 9.3.1: the upstream may have closed it before it saw the request. */
    @Override
    public boolean canSendAgain(IOException cause, RequestHead head, @Nullable ClientExchange sent) {
        return reused && !http.hasResponseBytes() && (http.isUnsent() || head.isRepeatable());
    }

    XnioIoThread thread() {
        return stream.getIoThread();
    }

    /** It served a request before: the upstream may be closing it right now. */
    void reused() {
        reused = true;
    }

    void idleSince(long nanos) {
        idleSince = nanos;
    }

    long idleSince() {
        return idleSince;
    }

    @Override
    public boolean isIdle() {
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

    @Override
    public void suspect() {
        // it is closed with its exchange
    }

    @Override
    public void giveBack() {
        upstream.giveBack(this);
    }

    @Override
    public void close() {
        IoUtils.safeClose(stream);
    }
}
