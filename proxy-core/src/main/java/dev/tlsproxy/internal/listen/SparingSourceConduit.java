package dev.tlsproxy.internal.listen;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.ReadReadyHandler;
import org.xnio.conduits.StreamSourceConduit;

/**
 * A socket that is not asked again once it has given less than there was room for: Undertow reads until there is nothing,
 * with HTTP/2 once for each frame, and each time is a system call. What comes meanwhile, an end too, is told by the
 * selector, whose readiness stays until it is read. Only from {@link #spare} on: HTTP/1.1 looks by a read, without the
 * selector, whether a client has left. Used on the connection's I/O thread.
 */
final class SparingSourceConduit extends AbstractStreamSourceConduit<StreamSourceConduit> {

    private boolean sparing;
    private boolean drained;

    SparingSourceConduit(StreamSourceConduit next) {
        super(next);
    }

    void spare() {
        sparing = true;
    }

    /** TLS reads by this method only. */
    @Override
    public int read(ByteBuffer target) throws IOException {
        if (drained) {
            return 0;
        }
        int count = next.read(target);
        drained = sparing && count >= 0 && target.hasRemaining();
        return count;
    }

    @Override
    public void setReadReadyHandler(ReadReadyHandler handler) {
        next.setReadReadyHandler(new Renewed(handler));
    }

    @Override
    public void awaitReadable() throws IOException {
        drained = false;
        next.awaitReadable();
    }

    @Override
    public void awaitReadable(long time, TimeUnit unit) throws IOException {
        drained = false;
        next.awaitReadable(time, unit);
    }

    /** The selector has something new. */
    private final class Renewed implements ReadReadyHandler {

        private final ReadReadyHandler handler;

        Renewed(ReadReadyHandler handler) {
            this.handler = handler;
        }

        @Override
        public void readReady() {
            drained = false;
            handler.readReady();
        }

        @Override
        public void terminated() {
            handler.terminated();
        }

        @Override
        public void forceTermination() {
            handler.forceTermination();
        }
    }
}
