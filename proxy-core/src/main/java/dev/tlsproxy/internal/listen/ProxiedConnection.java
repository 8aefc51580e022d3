package dev.tlsproxy.internal.listen;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.Option;
import org.xnio.StreamConnection;

/** A TCP connection from behind its PROXY header on: its peer is whom the header names. All else is the connection's. */
final class ProxiedConnection extends StreamConnection {

    private final StreamConnection raw;
    private final InetSocketAddress peer;

    ProxiedConnection(StreamConnection raw, byte[] rest, InetSocketAddress peer) {
        super(raw.getIoThread());
        this.raw = raw;
        this.peer = peer;
        setSinkConduit(raw.getSinkChannel().getConduit());
        setSourceConduit(new ReplayingSourceConduit(raw.getSourceChannel().getConduit(), rest));
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
        return peer;
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
