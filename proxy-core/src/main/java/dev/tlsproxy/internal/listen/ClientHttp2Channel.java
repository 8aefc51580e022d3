package dev.tlsproxy.internal.listen;

import dev.tlsproxy.internal.http.EmptyQuery;
import io.undertow.connector.ByteBufferPool;
import io.undertow.connector.PooledByteBuffer;
import io.undertow.protocols.http2.AbstractHttp2StreamSourceChannel;
import io.undertow.protocols.http2.Http2Channel;
import io.undertow.protocols.http2.Http2StreamSourceChannel;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.xnio.OptionMap;
import org.xnio.StreamConnection;

/** An HTTP/2 client connection that looks at each request before Undertow takes its pseudo-fields apart. */
final class ClientHttp2Channel extends Http2Channel {

    private static final HttpString AUTHORITY = new HttpString(":authority");

    ClientHttp2Channel(
            StreamConnection connection, ByteBufferPool pool, @Nullable PooledByteBuffer extra, OptionMap options) {
        super(connection, "h2", pool, extra, false, false, options);
    }

    @Override
    public synchronized @Nullable AbstractHttp2StreamSourceChannel receive() throws IOException {
        AbstractHttp2StreamSourceChannel received = super.receive();
        if (received instanceof Http2StreamSourceChannel request) {
            EmptyQuery.mark(request.getHeaders());
            refuseOtherHost(request.getHeaders());
        }
        return received;
    }

    /**
     * Undertow drops Host in favour of :authority; where they differ the request is malformed (RFC 9113 section 8.3.1).
     * An empty authority is what the HTTP room refuses.
     */
    private static void refuseOtherHost(HeaderMap fields) {
        HeaderValues hosts = fields.get(Headers.HOST);
        String authority = fields.getFirst(AUTHORITY);
        if (hosts != null && authority != null && !hosts.stream().allMatch(authority::equalsIgnoreCase)) {
            fields.put(AUTHORITY, "");
        }
    }
}
