package dev.tlsproxy.internal.listen;

import dev.tlsproxy.internal.http.ConnectionTls;
import dev.tlsproxy.internal.http.EmptyQuery;
import dev.tlsproxy.internal.tls.ServerFlight;
import dev.tlsproxy.internal.tunnel.SocketEnd;
import dev.tlsproxy.spi.NegotiatedTls;
import java.io.IOException;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.Option;
import org.xnio.StreamConnection;

/**
 * A TCP connection whose first bytes were read already: they are read again from here, what the server sends in plaintext
 * is observed, and the options the HTTP room asks an HTTP/1.1 connection for are answered. All else is the TCP
 * connection's.
 */
final class PeekedConnection extends StreamConnection {

    private final StreamConnection raw;
    private final ReplayingSourceConduit source;
    private volatile @Nullable NegotiatedTls negotiated;
    private volatile @Nullable EmptyQuery emptyQuery;
    private volatile @Nullable Http1Activity activity;

    PeekedConnection(StreamConnection raw, byte[] peeked, ServerFlight flight) {
        super(raw.getIoThread());
        this.raw = raw;
        setSinkConduit(new ObservingSinkConduit(raw.getSinkChannel().getConduit(), flight));
        source = new ReplayingSourceConduit(raw.getSourceChannel().getConduit(), peeked);
        setSourceConduit(source);
    }

    void http1(NegotiatedTls tls, EmptyQuery emptyQuery, Http1Activity activity) {
        this.negotiated = tls;
        this.emptyQuery = emptyQuery;
        this.activity = activity;
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
        return ConnectionTls.OPTION.equals(option)
                || EmptyQuery.OPTION.equals(option)
                || Http1Activity.OPTION.equals(option)
                || SocketEnd.OPTION.equals(option)
                || raw.supportsOption(option);
    }

    @Override
    public <T> @Nullable T getOption(Option<T> option) throws IOException {
        if (ConnectionTls.OPTION.equals(option)) {
            return option.cast(negotiated);
        }
        if (Http1Activity.OPTION.equals(option)) {
            return option.cast(activity);
        }
        if (SocketEnd.OPTION.equals(option)) {
            return option.cast(source.ended());
        }
        return EmptyQuery.OPTION.equals(option) ? option.cast(emptyQuery) : raw.getOption(option);
    }

    @Override
    public <T> @Nullable T setOption(Option<T> option, T value) throws IOException {
        return raw.setOption(option, value);
    }
}
