package dev.tlsproxy.internal.upstream;

import java.io.IOException;
import java.net.SocketAddress;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import org.xnio.ChannelListener;
import org.xnio.IoUtils;
import org.xnio.Option;
import org.xnio.StreamConnection;
import org.xnio.ssl.SslConnection;

/**
 * A TCP connection in the dress of a TLS one: Undertow puts its HTTP/1.1 client on a connection made elsewhere only where
 * the type is SslConnection. Bytes pass as they are.
 */
final class PlainConnection extends SslConnection {

    private final StreamConnection socket;
    private final ChannelListener.SimpleSetter<SslConnection> handshakeSetter = new ChannelListener.SimpleSetter<>();

    PlainConnection(StreamConnection socket) {
        super(socket.getIoThread());
        this.socket = socket;
        setSourceConduit(socket.getSourceChannel().getConduit());
        setSinkConduit(socket.getSinkChannel().getConduit());
        // a socket whose two directions have ended one by one closes itself
        socket.setCloseListener(closed -> IoUtils.safeClose(this));
    }

    @Override
    public void startHandshake() {
        throw new IllegalStateException("no TLS on this connection");
    }

    @Override
    @SuppressWarnings("NullAway") // what SslConnection means by no session
    public SSLSession getSslSession() {
        return null;
    }

    @Override
    public ChannelListener.Setter<? extends SslConnection> getHandshakeSetter() {
        return handshakeSetter;
    }

    @Override
    public SocketAddress getPeerAddress() {
        return socket.getPeerAddress();
    }

    @Override
    public SocketAddress getLocalAddress() {
        return socket.getLocalAddress();
    }

    @Override
    public boolean supportsOption(Option<?> option) {
        return socket.supportsOption(option);
    }

    @Override
    public <T> @Nullable T getOption(Option<T> option) throws IOException {
        return socket.getOption(option);
    }

    @Override
    public <T> @Nullable T setOption(Option<T> option, T value) throws IOException {
        return socket.setOption(option, value);
    }

    @Override
    protected void closeAction() throws IOException {
        socket.close();
    }
}
