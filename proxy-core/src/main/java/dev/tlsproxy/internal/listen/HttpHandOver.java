package dev.tlsproxy.internal.listen;

import dev.tlsproxy.internal.http.ConnectionTls;
import dev.tlsproxy.internal.listen.AcceptedSockets.OpenConnection;
import dev.tlsproxy.spi.NegotiatedTls;
import io.undertow.connector.ByteBufferPool;
import io.undertow.connector.PooledByteBuffer;
import io.undertow.protocols.http2.Http2Channel;
import io.undertow.server.ConnectorStatisticsImpl;
import io.undertow.server.HttpHandler;
import io.undertow.server.protocol.http.HttpOpenListener;
import io.undertow.server.protocol.http2.Http2ReceiveListener;
import org.xnio.OptionMap;
import org.xnio.ssl.SslConnection;

/** Opens HTTP/2 or HTTP/1.1 on a connection whose handshake is done. */
final class HttpHandOver {

    private final ByteBufferPool pool;
    private final OptionMap options;
    private final HttpHandler pipeline;
    private final HttpOpenListener http1;

    HttpHandOver(ByteBufferPool pool, OptionMap options, HttpHandler pipeline) {
        this.pool = pool;
        this.options = options;
        this.pipeline = pipeline;
        this.http1 = new HttpOpenListener(pool, options);
        http1.setRootHandler(pipeline);
    }

    /** Takes the buffer over, with what was read behind the handshake. */
    void open(
            OpenConnection connection,
            SslConnection tlsConnection,
            PeekedConnection peeked,
            NegotiatedTls tls,
            PooledByteBuffer extra) {
        if (tls.applicationProtocol().filter("h2"::equals).isPresent()) {
            openHttp2(connection, tlsConnection, tls, extra);
        } else {
            peeked.negotiated(tls);
            http1.handleEvent(tlsConnection, extra);
        }
    }

    /** What Undertow's Http2OpenListener does, except that the attachment is there before the first request. */
    private void openHttp2(
            OpenConnection connection, SslConnection tlsConnection, NegotiatedTls tls, PooledByteBuffer extra) {
        Http2Channel channel = new Http2Channel(tlsConnection, "h2", pool, extra, false, false, options);
        channel.putAttachment(ConnectionTls.ATTACHMENT, tls);
        connection.standOn(channel);
        channel.getReceiveSetter()
                .set(new Http2ReceiveListener(pipeline, options, pool.getBufferSize(), new ConnectorStatisticsImpl()));
        channel.resumeReceives();
    }
}
