package dev.tlsproxy.internal.upstream;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.StreamSourceConduit;

/**
 * What TLS reads its records from: remembers whether the socket has ended. TLS reads no more after a close_notify, so an
 * end seen here is a truncation (RFC 8446 section 6.1), which Undertow gives as an orderly end of the stream.
 */
final class EndOfTls extends AbstractStreamSourceConduit<StreamSourceConduit> {

    private boolean truncated;

    EndOfTls(StreamSourceConduit next) {
        super(next);
    }

    boolean truncated() {
        return truncated;
    }

    /** TLS reads by this method only. */
    @Override
    public int read(ByteBuffer dst) throws IOException {
        int read = next.read(dst);
        truncated |= read < 0;
        return read;
    }
}
