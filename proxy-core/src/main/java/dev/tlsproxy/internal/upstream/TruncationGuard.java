package dev.tlsproxy.internal.upstream;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;
import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.StreamSourceConduit;

/**
 * Stands between a socket and TLS: an end of the socket without close_notify before it is an error (RFC 8446 section 6.1).
 * Undertow's TLS takes both ends for the same, and anyone on the way could cut a response that is complete where its
 * connection ends.
 */
final class TruncationGuard extends AbstractStreamSourceConduit<StreamSourceConduit> {

    private BooleanSupplier closeNotifySeen = () -> false;

    TruncationGuard(StreamSourceConduit next) {
        super(next);
    }

    /** Where to ask; until then every end is an error. */
    void askWhetherClosed(BooleanSupplier closeNotify) {
        closeNotifySeen = closeNotify;
    }

    @Override
    public int read(ByteBuffer dst) throws IOException {
        return (int) checked(super.read(dst));
    }

    @Override
    public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        return checked(super.read(dsts, offset, length));
    }

    private long checked(long read) throws IOException {
        if (read < 0 && !closeNotifySeen.getAsBoolean()) {
            throw new EOFException("upstream ended the TLS connection without close_notify");
        }
        return read;
    }
}
