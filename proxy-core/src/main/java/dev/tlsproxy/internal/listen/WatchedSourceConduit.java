package dev.tlsproxy.internal.listen;

import dev.tlsproxy.internal.http.EmptyQuery;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.StreamSourceConduit;

/** Shows what is read from an HTTP/1.1 connection to its {@link EmptyQuery} and its {@link Http1Activity}. */
final class WatchedSourceConduit extends AbstractStreamSourceConduit<StreamSourceConduit> {

    private final EmptyQuery watch;
    private final Http1Activity activity;

    WatchedSourceConduit(StreamSourceConduit next, EmptyQuery watch, Http1Activity activity) {
        super(next);
        this.watch = watch;
        this.activity = activity;
    }

    /** Undertow reads request heads by this method only. */
    @Override
    public int read(ByteBuffer target) throws IOException {
        int before = target.position();
        int count = next.read(target);
        if (count > 0) {
            activity.received();
            watch.seen(target.duplicate().flip().position(before));
        }
        return count;
    }
}
