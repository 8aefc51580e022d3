package dev.tlsproxy.internal.listen;

import dev.tlsproxy.internal.http.ConnectionTls;
import dev.tlsproxy.internal.http.CountedSource;
import dev.tlsproxy.internal.listen.AcceptedSockets.OpenConnection;
import dev.tlsproxy.spi.NegotiatedTls;
import io.undertow.UndertowOptions;
import io.undertow.connector.ByteBufferPool;
import io.undertow.connector.PooledByteBuffer;
import io.undertow.protocols.http2.Http2Channel;
import io.undertow.server.ConnectorStatisticsImpl;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.protocol.http.HttpOpenListener;
import io.undertow.server.protocol.http2.Http2ReceiveListener;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.OptionMap;
import org.xnio.XnioExecutor;
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

    /** Takes the buffer over, with what was read behind the handshake; null where that is nothing. */
    void open(
            OpenConnection connection,
            SslConnection tlsConnection,
            PeekedConnection peeked,
            NegotiatedTls tls,
            @Nullable PooledByteBuffer extra) {
        if (tls.applicationProtocol().filter("h2"::equals).isPresent()) {
            openHttp2(connection, tlsConnection, tls, extra);
        } else {
            peeked.negotiated(tls);
            CountedSource.putOn(tlsConnection);
            http1.handleEvent(tlsConnection, extra);
        }
    }

    /** What Undertow's Http2OpenListener does, except that the attachment is there before the first request. */
    private void openHttp2(
            OpenConnection connection,
            SslConnection tlsConnection,
            NegotiatedTls tls,
            @Nullable PooledByteBuffer extra) {
        Http2Channel channel = new ClientHttp2Channel(tlsConnection, pool, extra, options);
        channel.putAttachment(ConnectionTls.ATTACHMENT, tls);
        connection.standOn(channel);
        FirstRequest firstRequest = new FirstRequest(channel);
        firstRequest.expect(connection);
        channel.getReceiveSetter()
                .set(new Http2ReceiveListener(
                        firstRequest, options, pool.getBufferSize(), new ConnectorStatisticsImpl()));
        channel.resumeReceives();
    }

    /**
     * Waits for the first request, because Undertow begins to count the time without requests at the end of one, and opens
     * the connection's flow-control window with it. Undertow 2.4 takes the configured size for the
     * connection too, of which it never tells the client: at 64 KiB the client waits, and so does Undertow (RFC 9113
     * section 6.9.2: SETTINGS changes the streams' windows only). Not earlier, because SETTINGS must be the first frame,
     * and Undertow sends it when the client's has come.
     */
    private final class FirstRequest implements HttpHandler {

        private final Http2Channel channel;
        private XnioExecutor.@Nullable Key timer;
        private boolean opened;

        FirstRequest(Http2Channel channel) {
            this.channel = channel;
        }

        void expect(OpenConnection connection) {
            timer = channel.getIoThread()
                    .executeAfter(
                            connection::close,
                            options.get(UndertowOptions.NO_REQUEST_TIMEOUT, 0),
                            TimeUnit.MILLISECONDS);
            channel.addCloseTask(closed -> stopTimer());
        }

        private void stopTimer() {
            if (timer != null) {
                timer.remove();
                timer = null;
            }
        }

        @Override
        public void handleRequest(HttpServerExchange exchange) throws Exception {
            if (!opened) {
                opened = true;
                stopTimer();
                channel.sendUpdateWindowSize(0, HttpOptions.H2_WINDOW - HttpOptions.H2_DEFAULT_WINDOW);
            }
            pipeline.handleRequest(exchange);
        }
    }
}
