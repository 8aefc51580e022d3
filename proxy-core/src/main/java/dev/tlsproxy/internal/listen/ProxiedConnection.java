package dev.tlsproxy.internal.listen;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.xnio.StreamConnection;

/** A TCP connection from behind its PROXY header on: its peer is whom the header names. */
final class ProxiedConnection extends WrappedConnection {

    private final InetSocketAddress peer;

    ProxiedConnection(StreamConnection raw, byte[] rest, InetSocketAddress peer) {
        super(raw);
        this.peer = peer;
        setSinkConduit(raw.getSinkChannel().getConduit());
        setSourceConduit(new ReplayingSourceConduit(raw.getSourceChannel().getConduit(), rest));
    }

    @Override
    public SocketAddress getPeerAddress() {
        return peer;
    }
}
