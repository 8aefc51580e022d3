package dev.tlsproxy.internal.listen;

import java.io.IOException;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.Option;
import org.xnio.StreamConnection;

/** A connection of which some bytes were read already; what a subclass does not change is the connection's below. */
abstract class WrappedConnection extends StreamConnection {

    private final StreamConnection raw;

    WrappedConnection(StreamConnection raw) {
        super(raw.getIoThread());
        this.raw = raw;
    }

    @Override
    protected void notifyWriteClosed() {
        IoUtils.safeClose(raw.getSinkChannel());
    }

    @Override
    protected void notifyReadClosed() {
        IoUtils.safeClose(raw.getSourceChannel());
    }

    @Override
    protected void closeAction() throws IOException {
        raw.close();
    }

    @Override
    public SocketAddress getPeerAddress() {
        return raw.getPeerAddress();
    }

    @Override
    public SocketAddress getLocalAddress() {
        return raw.getLocalAddress();
    }

    @Override
    public boolean supportsOption(Option<?> option) {
        return raw.supportsOption(option);
    }

    @Override
    public <T> @Nullable T getOption(Option<T> option) throws IOException {
        return raw.getOption(option);
    }

    @Override
    public <T> @Nullable T setOption(Option<T> option, T value) throws IOException {
        return raw.setOption(option, value);
    }
}
