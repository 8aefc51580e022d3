package dev.tlsproxy.internal.http;

import io.undertow.connector.PooledByteBuffer;
import io.undertow.server.ServerConnection;
import io.undertow.server.protocol.http.HttpServerConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.jspecify.annotations.Nullable;
import org.xnio.StreamConnection;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.StreamSourceConduit;

/**
 * Counts what an HTTP/1.1 client sends, framing included: Undertow reads chunk extensions and trailers without any limit,
 * and keeps the trailers. Shows the framing of a chunked body to {@link ChunkedFraming}. Used on the connection's I/O thread.
 */
public final class CountedSource extends AbstractStreamSourceConduit<StreamSourceConduit> {

    private long bytes;
    private @Nullable ChunkedFraming followed;

    private CountedSource(StreamSourceConduit next) {
        super(next);
    }

    /**
     * Counts from now on.
     *
     * @param connection one that Undertow's HTTP/1.1 server has not seen yet
     */
    public static void putOn(StreamConnection connection) {
        connection
                .getSourceChannel()
                .setConduit(new CountedSource(connection.getSourceChannel().getConduit()));
    }

    /** How many bytes came so far; 0 for a connection that is not counted. */
    static long bytes(ServerConnection connection) {
        return connection instanceof HttpServerConnection http1
                        && http1.getOriginalSourceConduit() instanceof CountedSource counted
                ? counted.bytes
                : 0;
    }

    /**
     * Follows the body of a request that is chunked, from its first byte on; null for a connection that is not counted.
     *
     * @param connection of an exchange of whose body nothing was read
     */
    static @Nullable ChunkedFraming follow(ServerConnection connection) {
        if (!(connection instanceof HttpServerConnection http1
                && http1.getOriginalSourceConduit() instanceof CountedSource counted)) {
            return null;
        }
        ChunkedFraming framing = new ChunkedFraming();
        PooledByteBuffer behindHead = http1.getExtraBytes();
        if (behindHead != null) {
            framing.follow(behindHead.getBuffer().duplicate());
        }
        counted.followed = framing;
        return framing;
    }

    /**
     * Bytes of a malformed body are swallowed: an exception of Undertow's reader, or of this one, would close the connection
     * before there is an answer.
     */
    @Override
    public int read(ByteBuffer dst) throws IOException {
        int before = dst.position();
        int read = (int) count(next.read(dst));
        ChunkedFraming framing = followed;
        if (framing != null && read > 0) {
            if (!framing.follow(dst.duplicate().flip().position(before))) {
                dst.position(before);
                return 0;
            }
            if (framing.isComplete()) {
                followed = null;
            }
        }
        return read;
    }

    /** Undertow reads chunked bodies by the other method only. */
    @Override
    public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        return count(next.read(dsts, offset, length));
    }

    @Override
    public long transferTo(long position, long count, FileChannel target) throws IOException {
        return count(next.transferTo(position, count, target));
    }

    @Override
    public long transferTo(long count, ByteBuffer throughBuffer, StreamSinkChannel target) throws IOException {
        long moved = next.transferTo(count, throughBuffer, target);
        count(throughBuffer.remaining());
        return count(moved);
    }

    private long count(long read) {
        bytes += Math.max(read, 0);
        return read;
    }
}
