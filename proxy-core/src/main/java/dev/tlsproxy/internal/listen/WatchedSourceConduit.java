package dev.tlsproxy.internal.listen;

import dev.tlsproxy.internal.http.EmptyQuery;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.StreamSourceConduit;

/** Shows what is read from an HTTP/1.1 connection to its {@link EmptyQuery}. */
final class WatchedSourceConduit extends AbstractStreamSourceConduit<StreamSourceConduit> {

    private final EmptyQuery watch;

    WatchedSourceConduit(StreamSourceConduit next, EmptyQuery watch) {
        super(next);
        this.watch = watch;
    }

    /** Undertow reads request heads by this method only. */
    @Override
    public int read(ByteBuffer target) throws IOException {
        int before = target.position();
        int count = next.read(target);
        if (count > 0) {
            watch.seen(target.duplicate().flip().position(before));
        }
        return count;
    }
}
