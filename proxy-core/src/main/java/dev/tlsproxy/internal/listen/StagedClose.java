package dev.tlsproxy.internal.listen;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;
import org.xnio.XnioExecutor;
import org.xnio.conduits.ReadReadyHandler;
import org.xnio.conduits.StreamSourceConduit;

/**
 * A socket whose sending has ended: it reads and drops what the peer still sends until that ends too, but no longer than two
 * seconds (RFC 9112 section 9.6). Until then it counts as a connection.
 */
final class StagedClose implements ReadReadyHandler {

    private static final long SECONDS = 2;

    private final StreamConnection connection;
    private final StreamSourceConduit source;
    private final ReadReadyHandler before;
    private final XnioExecutor.Key timer;

    private StagedClose(StreamConnection connection, ReadReadyHandler before) {
        this.connection = connection;
        this.source = connection.getSourceChannel().getConduit();
        this.before = before;
        this.timer = connection.getIoThread().executeAfter(this::end, SECONDS, TimeUnit.SECONDS);
    }

    /**
     * On the I/O thread of the connection.
     *
     * @param before who was told of the connection's events; still told of its end
     */
    static void of(StreamConnection connection, ReadReadyHandler before) {
        StagedClose close = new StagedClose(connection, before);
        // A listener would not be asked: TLS has put its own handler in the place of those that ask listeners.
        close.source.setReadReadyHandler(close);
        close.source.resumeReads();
        close.readReady();
    }

    /** One buffer each time, so that a peer that goes on sending leaves the thread to others. */
    @Override
    public void readReady() {
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

    @Override
    public void terminated() {
        before.terminated();
    }

    @Override
    public void forceTermination() {
        before.forceTermination();
    }

    private void end() {
        IoUtils.safeClose(connection);
    }
}
