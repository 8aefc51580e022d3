package dev.tlsproxy.internal.listen;

import dev.tlsproxy.internal.http.EmptyQuery;
import io.undertow.connector.ByteBufferPool;
import io.undertow.connector.PooledByteBuffer;
import io.undertow.protocols.http2.AbstractHttp2StreamSourceChannel;
import io.undertow.protocols.http2.Http2Channel;
import io.undertow.protocols.http2.Http2StreamSourceChannel;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.xnio.OptionMap;
import org.xnio.StreamConnection;

/** An HTTP/2 client connection that looks at each request before Undertow takes its pseudo-fields apart. */
final class ClientHttp2Channel extends Http2Channel {

    ClientHttp2Channel(
            StreamConnection connection, ByteBufferPool pool, @Nullable PooledByteBuffer extra, OptionMap options) {
        super(connection, "h2", pool, extra, false, false, options);
    }

    @Override
    public synchronized @Nullable AbstractHttp2StreamSourceChannel receive() throws IOException {
        AbstractHttp2StreamSourceChannel received = super.receive();
        if (received instanceof Http2StreamSourceChannel request) {
            EmptyQuery.mark(request.getHeaders());
        }
        return received;
    }
}
