package dev.tlsproxy.internal.listen;

import io.undertow.connector.ByteBufferPool;
import io.undertow.connector.PooledByteBuffer;
import io.undertow.protocols.http2.AbstractHttp2StreamSourceChannel;
import io.undertow.protocols.http2.Http2Channel;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.xnio.OptionMap;
import org.xnio.StreamConnection;

/** An HTTP/2 connection whose client can't write into the log. */
final class ClientHttp2Channel extends Http2Channel {

    ClientHttp2Channel(
            StreamConnection connection, ByteBufferPool pool, @Nullable PooledByteBuffer extra, OptionMap options) {
        super(connection, "h2", pool, extra, false, false, options);
    }

    /**
     * Undertow's parser throws unchecked exceptions at some malformed fields, and logs them as errors, with a stack trace
     * and what the client sent. Those it knows of are checked ones, logged at debug level.
     */
    @Override
    public synchronized @Nullable AbstractHttp2StreamSourceChannel receive() throws IOException {
        try {
            return super.receive();
        } catch (IllegalArgumentException e) {
            throw new IOException("malformed HTTP/2 frame");
        }
    }
}
