package dev.tlsproxy.internal.upstream;

import io.undertow.server.ConduitWrapper;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.ConduitFactory;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.xnio.conduits.AbstractStreamSinkConduit;
import org.xnio.conduits.StreamSinkConduit;

/**
 * The client response's body, sent on whenever the upstream has no more for now: Undertow otherwise keeps an HTTP/1.1 head
 * until the first body byte, and HTTP/2 bytes until 16 KB are together.
 */
final class FlushWhenDry extends AbstractStreamSinkConduit<StreamSinkConduit> {

    private boolean flushing;

    FlushWhenDry(StreamSinkConduit next) {
        super(next);
    }

    /** Sends what is buffered; what the client does not take now goes when it is writable. */
    void flushNow() throws IOException {
        flushing = !next.flush();
        if (flushing) {
            next.resumeWrites();
        }
    }

    @Override
    public boolean flush() throws IOException {
        boolean flushed = super.flush();
        flushing &= !flushed;
        return flushed;
    }

    /**
     * Keeps writes resumed while a flush is unfinished: Transfer suspends them as it has no bytes. When the client is
     * writable, Transfer looks for bytes at the upstream, finds none, and that flushes again.
     */
    @Override
    public void suspendWrites() {
        if (!flushing) {
            super.suspendWrites();
        }
    }

    /** Puts the conduit into an exchange and remembers it. */
    static final class Holder implements ConduitWrapper<StreamSinkConduit> {

        private @Nullable FlushWhenDry conduit;

        @Override
        public StreamSinkConduit wrap(ConduitFactory<StreamSinkConduit> factory, HttpServerExchange exchange) {
            conduit = new FlushWhenDry(factory.create());
            return conduit;
        }

        void flush() throws IOException {
            if (conduit != null) {
                conduit.flushNow();
            }
        }
    }
}
