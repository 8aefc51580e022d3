package dev.tlsproxy.internal.listen;

import dev.tlsproxy.internal.tls.ServerFlight;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.channels.StreamSourceChannel;
import org.xnio.conduits.AbstractStreamSinkConduit;
import org.xnio.conduits.ConduitWritableByteChannel;
import org.xnio.conduits.Conduits;
import org.xnio.conduits.StreamSinkConduit;

/** Shows what is really written to a {@link ServerFlight} until that has seen enough. */
final class ObservingSinkConduit extends AbstractStreamSinkConduit<StreamSinkConduit> {

    private @Nullable ServerFlight flight;

    ObservingSinkConduit(StreamSinkConduit next, ServerFlight flight) {
        super(next);
        this.flight = flight;
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        ServerFlight observer = flight;
        if (observer == null) {
            return next.write(source);
        }
        ByteBuffer copy = source.duplicate();
        int count = next.write(source);
        if (count > 0) {
            observer.feed(copy.limit(copy.position() + count));
        }
        if (observer.done()) {
            flight = null;
        }
        return count;
    }

    @Override
    public long write(ByteBuffer[] sources, int offset, int length) throws IOException {
        if (flight == null) {
            return next.write(sources, offset, length);
        }
        for (int i = offset; i < offset + length; i++) {
            if (sources[i].hasRemaining()) {
                return write(sources[i]);
            }
        }
        return 0;
    }

    @Override
    public int writeFinal(ByteBuffer source) throws IOException {
        return Conduits.writeFinalBasic(this, source);
    }

    @Override
    public long writeFinal(ByteBuffer[] sources, int offset, int length) throws IOException {
        return Conduits.writeFinalBasic(this, sources, offset, length);
    }

    @Override
    public long transferFrom(FileChannel source, long position, long count) throws IOException {
        return flight == null
                ? next.transferFrom(source, position, count)
                : source.transferTo(position, count, new ConduitWritableByteChannel(this));
    }

    @Override
    public long transferFrom(StreamSourceChannel source, long count, ByteBuffer through) throws IOException {
        return flight == null
                ? next.transferFrom(source, count, through)
                : IoUtils.transfer(source, count, through, new ConduitWritableByteChannel(this));
    }
}
