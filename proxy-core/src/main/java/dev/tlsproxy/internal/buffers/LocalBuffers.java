package dev.tlsproxy.internal.buffers;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The few buffers that one I/O thread gives and takes most: the last one in is the first one out, still in its caches. */
final class LocalBuffers {

    private static final int MAX = 12;

    private final @Nullable ByteBuffer[] kept = new ByteBuffer[MAX];
    private int count;

    @Nullable
    ByteBuffer poll() {
        if (count == 0) {
            return null;
        }
        ByteBuffer last = kept[--count];
        kept[count] = null;
        return last;
    }

    boolean offer(ByteBuffer buffer) {
        if (count == MAX) {
            return false;
        }
        kept[count++] = buffer;
        return true;
    }
}
