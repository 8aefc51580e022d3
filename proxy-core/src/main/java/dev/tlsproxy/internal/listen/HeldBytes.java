package dev.tlsproxy.internal.listen;

import io.undertow.connector.PooledByteBuffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.xnio.conduits.StreamSinkConduit;

/** What a conduit was given to write and has not written yet, in a buffer that is lent for as long. */
final class HeldBytes {

    private @Nullable PooledByteBuffer buffer;

    boolean isEmpty() {
        return buffer == null;
    }

    /** How much more fits; only where it is not empty. */
    int room() {
        return buffer == null ? 0 : buffer.getBuffer().remaining();
    }

    void begin(PooledByteBuffer lent) {
        buffer = lent;
    }

    void add(ByteBuffer bytes) {
        if (buffer != null) {
            buffer.getBuffer().put(bytes);
        }
    }

    /** Writes as much as is taken; true where nothing is left. What can't be written is let go of. */
    boolean writeTo(StreamSinkConduit next) throws IOException {
        if (buffer == null) {
            return true;
        }
        ByteBuffer bytes = buffer.getBuffer().flip();
        try {
            int count;
            do {
                count = next.write(bytes);
            } while (count > 0 && bytes.hasRemaining());
        } catch (IOException e) {
            release();
            throw e;
        }
        if (bytes.hasRemaining()) {
            bytes.compact();
            return false;
        }
        release();
        return true;
    }

    void release() {
        PooledByteBuffer lent = buffer;
        buffer = null;
        if (lent != null) {
            lent.close();
        }
    }
}
