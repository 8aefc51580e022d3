package dev.tlsproxy.internal.upstream;

import io.undertow.channels.DetachableStreamSourceChannel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.channels.StreamSourceChannel;

/** The body of an upstream response: tells its connection of every dry spell, of the end, and of an end too early. */
final class ResponseChannel extends DetachableStreamSourceChannel {

    private final UpstreamConnection connection;

    ResponseChannel(StreamSourceChannel body, UpstreamConnection connection) {
        super(body);
        this.connection = connection;
    }

    @Override
    protected boolean isFinished() {
        return connection.isResponseDone();
    }

    @Override
    public int read(ByteBuffer dst) throws IOException {
        return (int) watched(() -> super.read(dst));
    }

    @Override
    public long read(ByteBuffer[] dsts) throws IOException {
        return watched(() -> super.read(dsts));
    }

    @Override
    public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        return watched(() -> super.read(dsts, offset, length));
    }

    @Override
    public long transferTo(long position, long count, FileChannel target) throws IOException {
        return watched(() -> super.transferTo(position, count, target));
    }

    @Override
    public long transferTo(long count, ByteBuffer throughBuffer, StreamSinkChannel target) throws IOException {
        return watched(() -> super.transferTo(count, throughBuffer, target));
    }

    private long watched(Read read) throws IOException {
        if (connection.isResponseCut()) {
            throw new IOException("upstream connection was closed before the end of the response");
        }
        long bytes;
        try {
            bytes = read.read();
        } catch (IOException e) {
            connection.responseBroken(e);
            throw e;
        }
        if (bytes == 0) {
            connection.upstreamIsDry();
        } else if (bytes < 0) {
            connection.responseRead();
        }
        return bytes;
    }

    @FunctionalInterface
    private interface Read {
        long read() throws IOException;
    }
}
