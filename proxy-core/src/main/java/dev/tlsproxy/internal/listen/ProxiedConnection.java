package dev.tlsproxy.internal.listen;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.xnio.StreamConnection;

/** A TCP connection from behind its PROXY header on: its two ends are those that the header names. */
final class ProxiedConnection extends WrappedConnection {

    private final InetSocketAddress peer;
    private final InetSocketAddress local;

    ProxiedConnection(StreamConnection raw, byte[] rest, InetSocketAddress peer, InetSocketAddress local) {
        super(raw);
        this.peer = peer;
        this.local = local;
        setSinkConduit(raw.getSinkChannel().getConduit());
        setSourceConduit(new ReplayingSourceConduit(raw.getSourceChannel().getConduit(), rest));
    }

    @Override
    public SocketAddress getPeerAddress() {
        return peer;
    }

    @Override
    public SocketAddress getLocalAddress() {
        return local;
    }
}
