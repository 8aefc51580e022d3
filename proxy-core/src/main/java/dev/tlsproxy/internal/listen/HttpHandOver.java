package dev.tlsproxy.internal.listen;

import dev.tlsproxy.internal.http.CountedSource;
import dev.tlsproxy.internal.http.EmptyQuery;
import dev.tlsproxy.internal.listen.AcceptedSockets.OpenConnection;
import dev.tlsproxy.spi.NegotiatedTls;
import io.undertow.connector.ByteBufferPool;
import io.undertow.connector.PooledByteBuffer;
import io.undertow.server.HttpHandler;
import io.undertow.server.protocol.http.HttpOpenListener;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.xnio.OptionMap;
import org.xnio.conduits.ConduitStreamSourceChannel;
import org.xnio.ssl.SslConnection;

/** Opens HTTP/2 or HTTP/1.1 on a connection whose handshake is done. */
final class HttpHandOver {

    private final ByteBufferPool pool;
    private final ListenConfig config;
    private final OptionMap http2Options;
    private final HttpHandler pipeline;
    private final HttpOpenListener http1;

    HttpHandOver(ByteBufferPool pool, ListenConfig config, HttpHandler pipeline) {
        this.pool = pool;
        this.config = config;
        this.http2Options = HttpOptions.forHttp2(config);
        this.pipeline = pipeline;
        this.http1 = new HttpOpenListener(pool, HttpOptions.of(config));
        http1.setRootHandler(Http1Activity.watching(pipeline));
    }

    /** Takes the buffer over, with what was read behind the handshake; null where that is nothing. */
    void open(
            OpenConnection connection,
            SslConnection tlsConnection,
            PeekedConnection peeked,
            NegotiatedTls tls,
            @Nullable PooledByteBuffer extra) {
        if (tls.applicationProtocol().filter("h2"::equals).isPresent()) {
            peeked.http2();
            openHttp2(connection, tlsConnection, tls, extra);
        } else {
            openHttp1(connection, tlsConnection, peeked, tls, extra);
        }
    }

    private void openHttp2(
            OpenConnection connection,
            SslConnection tlsConnection,
            NegotiatedTls tls,
            @Nullable PooledByteBuffer extra) {
        Http2Connection http2 = new Http2Connection(tlsConnection, pool, extra, http2Options, pipeline, config);
        connection.standOn(http2);
        http2.open(tls, http2Options, pool.getBufferSize());
        connection.onDrain(true, http2::drain);
    }

    private void openHttp1(
            OpenConnection connection,
            SslConnection tlsConnection,
            PeekedConnection peeked,
            NegotiatedTls tls,
            @Nullable PooledByteBuffer extra) {
        EmptyQuery emptyQuery = new EmptyQuery();
        Http1Activity activity = new Http1Activity();
        peeked.http1(tls, emptyQuery, activity);
        if (extra != null) {
            activity.received();
            emptyQuery.seen(extra.getBuffer());
        }
        LargeHead.putOn(tlsConnection, config, extra == null ? ByteBuffer.allocate(0) : extra.getBuffer());
        ConduitStreamSourceChannel source = tlsConnection.getSourceChannel();
        source.setConduit(new WatchedSourceConduit(source.getConduit(), emptyQuery, activity));
        CountedSource.putOn(tlsConnection); // outermost, where the HTTP room looks for it
        http1.handleEvent(tlsConnection, extra);
        connection.onDrain(false, () -> {
            if (activity.isIdle()) {
                closeInOrder(connection, tlsConnection);
            }
        });
    }

    /** With close_notify: the client sees no truncation. */
    private static void closeInOrder(OpenConnection connection, SslConnection tlsConnection) {
        try {
            tlsConnection.getSinkChannel().shutdownWrites();
            tlsConnection.getSinkChannel().flush();
        } catch (IOException e) {
            // The connection ends either way.
        } finally {
            connection.close();
        }
    }
}
