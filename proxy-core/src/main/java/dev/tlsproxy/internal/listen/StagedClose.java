package dev.tlsproxy.internal.listen;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;
import org.xnio.XnioExecutor;
import org.xnio.conduits.ConduitStreamSourceChannel;

/**
 * A socket whose sending has ended: it reads and drops what the peer still sends until that ends too, but no longer than two
 * seconds (RFC 9112 section 9.6). Until then it counts as a connection.
 */
final class StagedClose {

    private static final long SECONDS = 2;

    private final StreamConnection connection;
    private final XnioExecutor.Key timer;

    private StagedClose(StreamConnection connection) {
        this.connection = connection;
        this.timer = connection.getIoThread().executeAfter(this::end, SECONDS, TimeUnit.SECONDS);
    }

    /** On the I/O thread of the connection. */
    static void of(StreamConnection connection) {
        StagedClose close = new StagedClose(connection);
        ConduitStreamSourceChannel source = connection.getSourceChannel();
        source.setReadListener(close::read);
        source.resumeReads();
        close.read(source);
    }

    /** One buffer each time, so that a peer that goes on sending leaves the thread to others. */
    private void read(ConduitStreamSourceChannel source) {
        try {
            if (source.read(ByteBuffer.allocate(4096)) >= 0) {
                return;
            }
        } catch (IOException e) {
            // a reset is an end as well
        }
        timer.remove();
        end();
    }

    private void end() {
        IoUtils.safeClose(connection);
    }
}
