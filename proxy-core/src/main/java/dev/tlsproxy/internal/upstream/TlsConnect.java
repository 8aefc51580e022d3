package dev.tlsproxy.internal.upstream;

import dev.tlsproxy.internal.buffers.BufferPool;
import dev.tlsproxy.internal.names.HostName;
import io.undertow.UndertowOptions;
import io.undertow.connector.ByteBufferPool;
import io.undertow.protocols.ssl.UndertowXnioSsl;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;
import org.xnio.Buffers;
import org.xnio.IoUtils;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.StreamConnection;
import org.xnio.Xnio;
import org.xnio.channels.StreamSourceChannel;
import org.xnio.conduits.ConduitStreamSourceChannel;
import org.xnio.conduits.PushBackStreamSourceConduit;
import org.xnio.ssl.SslConnection;

/**
 * A TLS handshake with an upstream that ends before the first request: SNI and certificate check by the URI's host, and ALPN
 * where HTTP/2 is wanted.
 */
final class TlsConnect {

    private static final int RECORD_SPACE = 17 * 1024;
    private static final int MAX_POOLED = 512;

    /**
     * Buffers for TLS records. In one that is smaller than the largest record (RFC 8446 section 5.2: 16,640 bytes and a
     * header of 5) Undertow's TLS waits for the rest of such a record for ever, and keeps the I/O thread busy with it.
     */
    private static final ByteBufferPool RECORDS = new BufferPool(RECORD_SPACE, MAX_POOLED);

    private static final String H2 = "h2";

    private final SslConnection connection;
    private final boolean http2;
    private boolean handshakeDone;
    private boolean told;

    TlsConnect(StreamConnection socket, UpstreamAddress upstream) {
        URI uri = upstream.uri();
        http2 = upstream.http2();
        String host = UpstreamConnector.host(uri);
        OptionMap options = OptionMap.builder()
                .set(Options.SSL_PEER_HOST_NAME, host)
                .set(Options.SSL_PEER_PORT, uri.getPort())
                .set(UndertowOptions.ENDPOINT_IDENTIFICATION_ALGORITHM, "HTTPS")
                .getMap();
        UndertowXnioSsl ssl = new UndertowXnioSsl(
                Xnio.getInstance(), OptionMap.EMPTY, RECORDS, Objects.requireNonNull(upstream.tls(), "tls"));
        TruncationGuard guard = new TruncationGuard(socket.getSourceChannel().getConduit());
        socket.getSourceChannel().setConduit(guard);
        connection = ssl.wrapExistingConnection(socket, options, true);
        guard.askWhetherClosed(UndertowXnioSsl.getSslEngine(connection)::isInboundDone);
        setParameters(host);
    }

    private void setParameters(String host) {
        SSLEngine engine = UndertowXnioSsl.getSslEngine(connection);
        SSLParameters parameters = engine.getSSLParameters();
        if (!HostName.isIpLiteral(host)) {
            // without this, JSSE leaves SNI away for names without a dot
            parameters.setServerNames(List.of(new SNIHostName(host)));
        }
        if (http2) {
            parameters.setApplicationProtocols(new String[] {H2});
        }
        engine.setSSLParameters(parameters);
    }

    /** Gives the connection once the handshake is complete, or null when it failed; once, on the I/O thread. */
    void start(Consumer<@Nullable SslConnection> result) {
        connection.setCloseListener(closed -> tell(result, null));
        connection.getHandshakeSetter().set(secure -> handshakeDone = true);
        connection.getSourceChannel().setReadListener(source -> read(source, result));
        try {
            connection.startHandshake();
            connection.getSourceChannel().wakeupReads();
        } catch (IOException e) {
            close();
        }
    }

    void close() {
        IoUtils.safeClose(connection);
    }

    private void read(StreamSourceChannel source, Consumer<@Nullable SslConnection> result) {
        ByteBuffer first = ByteBuffer.allocate(1);
        try {
            int read = source.read(first); // drives the handshake
            if (read != 0 && (read < 0 || !mayBegin())) {
                close();
                return;
            }
        } catch (IOException | RuntimeException e) {
            close();
            return;
        }
        if (handshakeDone && http2 && !isHttp2Chosen()) {
            close(); // RFC 9113 section 3.2
        } else if (handshakeDone) {
            unread(first.flip());
            source.suspendReads();
            connection.getSourceChannel().setReadListener(null);
            tell(result, connection);
        }
    }

    /** Who speaks before it is asked speaks no HTTP/1.1; a server of HTTP/2 does. */
    private boolean mayBegin() {
        return http2 && handshakeDone;
    }

    private boolean isHttp2Chosen() {
        return H2.equals(UndertowXnioSsl.getSslEngine(connection).getApplicationProtocol());
    }

    private void unread(ByteBuffer bytes) {
        if (bytes.hasRemaining()) {
            ConduitStreamSourceChannel source = connection.getSourceChannel();
            PushBackStreamSourceConduit begin = new PushBackStreamSourceConduit(source.getConduit());
            begin.pushBack(Buffers.pooledWrapper(bytes));
            source.setConduit(begin);
        }
    }

    private void tell(Consumer<@Nullable SslConnection> result, @Nullable SslConnection outcome) {
        if (!told) {
            told = true;
            result.accept(outcome);
        }
    }
}
