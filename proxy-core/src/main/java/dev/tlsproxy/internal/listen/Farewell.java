package dev.tlsproxy.internal.listen;

import dev.tlsproxy.internal.listen.AcceptedSockets.OpenConnection;
import io.undertow.connector.ByteBufferPool;
import io.undertow.connector.PooledByteBuffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.xnio.conduits.ConduitStreamSinkChannel;
import org.xnio.conduits.ConduitStreamSourceChannel;

/**
 * Sends a last word on a connection without TLS, then closes it such that the client can read it: a close with unread
 * bytes would be a reset, which overtakes the word. So the sending side is closed first and a bounded number of bytes is
 * read away; the handshake timer ends it at the latest.
 */
final class Farewell {

    private static final int MAX_DISCARDED = 256 * 1024;
    private static final String BODY = "This port speaks HTTPS: use https:// instead of http://\n";
    private static final String RESPONSE = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=us-ascii\r\n"
            + "Content-Length: " + BODY.length() + "\r\nConnection: close\r\n\r\n" + BODY;

    private final OpenConnection connection;
    private final ByteBufferPool pool;
    private final ByteBuffer word;
    private int discarded;

    private Farewell(OpenConnection connection, ByteBufferPool pool, byte[] word) {
        this.connection = connection;
        this.pool = pool;
        this.word = ByteBuffer.wrap(word);
    }

    static void badRequest(OpenConnection connection, ByteBufferPool pool) {
        new Farewell(connection, pool, RESPONSE.getBytes(StandardCharsets.US_ASCII)).begin();
    }

    static void alert(OpenConnection connection, ByteBufferPool pool, int description) {
        byte[] fatal = {21, 3, 3, 0, 2, 2, (byte) description};
        new Farewell(connection, pool, fatal).begin();
    }

    private void begin() {
        connection.raw().getSourceChannel().suspendReads();
        connection.raw().getSinkChannel().setWriteListener(this::write);
        write(connection.raw().getSinkChannel());
    }

    private void write(ConduitStreamSinkChannel sink) {
        try {
            while (word.hasRemaining()) {
                if (sink.write(word) == 0) {
                    sink.resumeWrites();
                    return;
                }
            }
            sink.suspendWrites();
            sink.shutdownWrites();
            sink.flush();
            ConduitStreamSourceChannel source = connection.raw().getSourceChannel();
            source.setReadListener(this::discard);
            source.wakeupReads();
        } catch (IOException e) {
            connection.close();
        }
    }

    private void discard(ConduitStreamSourceChannel source) {
        try (PooledByteBuffer pooled = pool.allocate()) {
            ByteBuffer buffer = pooled.getBuffer();
            int count;
            do {
                buffer.clear();
                count = source.read(buffer);
                discarded += Math.max(count, 0);
            } while (count > 0 && discarded < MAX_DISCARDED);
            if (count != 0) {
                connection.close();
            }
        } catch (IOException e) {
            connection.close();
        }
    }
}
