package dev.tlsproxy.internal.http2;

import java.nio.ByteBuffer;

/** Bytes of a body that came and were not read yet. Holds no memory while it is empty. */
final class ByteRing {

    private static final byte[] NOTHING = new byte[0];
    private static final int LEAST = 512;

    private byte[] bytes = NOTHING;
    private int first;
    private int size;

    int size() {
        return size;
    }

    void put(ByteBuffer from) {
        int more = from.remaining();
        if (more > bytes.length - size) {
            grow(size + more);
        }
        while (from.hasRemaining()) {
            int at = (first + size) % bytes.length;
            int count = Math.min(from.remaining(), Math.min(bytes.length - at, bytes.length - size));
            from.get(bytes, at, count);
            size += count;
        }
    }

    /** Moves as many as there are and fit. */
    int get(ByteBuffer to) {
        int moved = 0;
        while (size > 0 && to.hasRemaining()) {
            int count = Math.min(Math.min(size, bytes.length - first), to.remaining());
            to.put(bytes, first, count);
            first = (first + count) % bytes.length;
            size -= count;
            moved += count;
        }
        if (size == 0) {
            clear();
        }
        return moved;
    }

    void clear() {
        bytes = NOTHING;
        first = 0;
        size = 0;
    }

    private void grow(int needed) {
        byte[] larger = new byte[Math.max(LEAST, Math.max(needed, needed > LEAST ? 2 * bytes.length : 0))];
        ByteBuffer target = ByteBuffer.wrap(larger);
        int kept = get(target);
        bytes = larger;
        first = 0;
        size = kept;
    }
}
