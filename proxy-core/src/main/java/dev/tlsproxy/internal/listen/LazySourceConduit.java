package dev.tlsproxy.internal.listen;

import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.ReadReadyHandler;
import org.xnio.conduits.StreamSourceConduit;

/**
 * A socket that stays resumed at the selector when its reads are suspended, until something comes: Undertow suspends the
 * reads of a TLS connection for the time of each request, most clients send nothing meanwhile, and each time would cost two
 * system calls. What comes unwanted, an end too, suspends it really, and nobody above hears of it; resumed again, the
 * selector tells of it once more, since its readiness stays until it is read. So a peer that sends early costs one turn and
 * not one after the other. Only from {@link #begin} on. Used on the connection's I/O thread.
 */
final class LazySourceConduit extends AbstractStreamSourceConduit<StreamSourceConduit> {

    private boolean lazy;
    private boolean wanted; // as whoever reads wants it

    LazySourceConduit(StreamSourceConduit next) {
        super(next);
    }

    void begin() {
        lazy = true;
    }

    @Override
    public void suspendReads() {
        wanted = false;
        if (!lazy) {
            next.suspendReads();
        }
    }

    @Override
    public void resumeReads() {
        wanted = true;
        next.resumeReads();
    }

    @Override
    public void wakeupReads() {
        wanted = true;
        next.wakeupReads();
    }

    @Override
    public boolean isReadResumed() {
        return wanted && next.isReadResumed();
    }

    @Override
    public void setReadReadyHandler(ReadReadyHandler handler) {
        next.setReadReadyHandler(new Wanted(handler));
    }

    /** Keeps from the handler what it has not resumed reads for. */
    private final class Wanted implements ReadReadyHandler {

        private final ReadReadyHandler handler;

        Wanted(ReadReadyHandler handler) {
            this.handler = handler;
        }

        @Override
        public void readReady() {
            if (wanted || !lazy) {
                handler.readReady();
            } else {
                next.suspendReads();
            }
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
