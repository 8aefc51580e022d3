package dev.tlsproxy.internal.listen;

import dev.tlsproxy.internal.http.ConnectionTls;
import dev.tlsproxy.internal.http.EmptyQuery;
import dev.tlsproxy.internal.tls.ServerFlight;
import dev.tlsproxy.internal.tunnel.SocketEnd;
import dev.tlsproxy.spi.NegotiatedTls;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.xnio.Option;
import org.xnio.Options;
import org.xnio.StreamConnection;
import org.xnio.conduits.ReadReadyHandler;

/**
 * A TCP connection whose first bytes were read already: they are read again from here, what the server sends in plaintext
 * is observed, and the options the HTTP room asks an HTTP/1.1 connection for are answered.
 */
final class PeekedConnection extends WrappedConnection {

    private final StreamConnection raw;
    private final LazySourceConduit lazy;
    private final SparingSourceConduit sparing;
    private final ReplayingSourceConduit source;
    private final RecordBatchConduit records;
    private boolean inStages;
    private volatile @Nullable NegotiatedTls negotiated;
    private volatile @Nullable EmptyQuery emptyQuery;
    private volatile @Nullable Http1Activity activity;

    PeekedConnection(StreamConnection raw, byte[] peeked, ServerFlight flight) {
        super(raw);
        this.raw = raw;
        records = new RecordBatchConduit(raw.getSinkChannel().getConduit());
        setSinkConduit(new ObservingSinkConduit(records, flight));
        lazy = new LazySourceConduit(raw.getSourceChannel().getConduit());
        sparing = new SparingSourceConduit(lazy);
        source = new ReplayingSourceConduit(sparing, peeked);
        setSourceConduit(source);
    }

    void http2() {
        sparing.spare();
    }

    void http1(NegotiatedTls tls, EmptyQuery emptyQuery, Http1Activity activity) {
        lazy.begin();
        records.holdSmall();
        this.negotiated = tls;
        this.emptyQuery = emptyQuery;
        this.activity = activity;
    }

    @Override
    public boolean supportsOption(Option<?> option) {
        return ConnectionTls.OPTION.equals(option)
                || EmptyQuery.OPTION.equals(option)
                || Http1Activity.OPTION.equals(option)
                || SocketEnd.READ.equals(option)
                || SocketEnd.CLOSE_IN_STAGES.equals(option)
                || super.supportsOption(option);
    }

    @Override
    public <T> @Nullable T getOption(Option<T> option) throws IOException {
        if (ConnectionTls.OPTION.equals(option)) {
            return option.cast(negotiated);
        }
        if (Http1Activity.OPTION.equals(option)) {
            return option.cast(activity);
        }
        if (SocketEnd.READ.equals(option)) {
            return option.cast(source.ended());
        }
        return EmptyQuery.OPTION.equals(option) ? option.cast(emptyQuery) : super.getOption(option);
    }

    @Override
    public <T> @Nullable T setOption(Option<T> option, T value) throws IOException {
        if (SocketEnd.CLOSE_IN_STAGES.equals(option)) {
            boolean before = inStages;
            inStages = SocketEnd.CLOSE_IN_STAGES.cast(value);
            source.staysOpen(inStages);
            return option.cast(before);
        }
        if (Options.CLOSE_ABORT.equals(option)) {
            inStages = false;
        }
        return super.setOption(option, value);
    }

    @Override
    protected void notifyReadClosed() {
        if (!inStages) {
            super.notifyReadClosed();
        }
    }

    @Override
    protected void closeAction() throws IOException {
        records.leave();
        ReadReadyHandler handler = source.handler();
        if (inStages && !source.ended() && handler != null) {
            source.release();
            StagedClose.of(raw, handler);
        } else {
            super.closeAction();
        }
    }
}
