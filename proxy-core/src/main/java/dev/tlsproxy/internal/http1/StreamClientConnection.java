package dev.tlsproxy.internal.http1;

import io.undertow.client.ClientConnection;
import io.undertow.client.ClientStatistics;
import io.undertow.connector.ByteBufferPool;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.xnio.ChannelListener;
import org.xnio.ChannelListeners;
import org.xnio.Option;
import org.xnio.StreamConnection;
import org.xnio.XnioIoThread;
import org.xnio.XnioWorker;
import org.xnio.conduits.ConduitStreamSourceChannel;

/** What a client connection leaves to the connection it runs over. */
public abstract class StreamClientConnection implements ClientConnection {

    private final StreamConnection stream;
    private final ByteBufferPool buffers;
    private final ChannelListener.SimpleSetter<ClientConnection> closeSetter = new ChannelListener.SimpleSetter<>();
    private final List<ChannelListener<ClientConnection>> closeListeners = new ArrayList<>(1);

    /**
     * Over a connection.
     *
     * @param stream what carries it
     * @param buffers for reading
     */
    protected StreamClientConnection(StreamConnection stream, ByteBufferPool buffers) {
        this.stream = stream;
        this.buffers = buffers;
    }

    /**
     * What carries it.
     *
     * @return the connection below
     */
    protected final StreamConnection stream() {
        return stream;
    }

    /** Tells its listeners that it is closed. */
    protected final void closed() {
        ChannelListeners.invokeChannelListener(this, closeSetter.get());
        closeListeners.forEach(listener -> ChannelListeners.invokeChannelListener(this, listener));
    }

    /** XNIO tells no reader that its connection was closed on this side; it would wait for ever. */
    protected final void wakeReader() {
        ConduitStreamSourceChannel source = stream.getSourceChannel();
        ChannelListener<? super ConduitStreamSourceChannel> reader = source.getReadListener();
        if (reader == null) {
            return;
        }
        try {
            getIoThread().execute(() -> reader.handleEvent(source));
        } catch (RejectedExecutionException e) {
            // the worker is shut down, and the reader with it
        }
    }

    @Override
    public ByteBufferPool getBufferPool() {
        return buffers;
    }

    @Override
    public SocketAddress getPeerAddress() {
        return stream.getPeerAddress();
    }

    @Override
    public <A extends SocketAddress> A getPeerAddress(Class<A> type) {
        return stream.getPeerAddress(type);
    }

    @Override
    public ChannelListener.Setter<? extends ClientConnection> getCloseSetter() {
        return closeSetter;
    }

    @Override
    public SocketAddress getLocalAddress() {
        return stream.getLocalAddress();
    }

    @Override
    public <A extends SocketAddress> A getLocalAddress(Class<A> type) {
        return stream.getLocalAddress(type);
    }

    @Override
    public XnioWorker getWorker() {
        return stream.getWorker();
    }

    @Override
    public XnioIoThread getIoThread() {
        return stream.getIoThread();
    }

    @Override
    public boolean isOpen() {
        return stream.isOpen();
    }

    @Override
    public boolean supportsOption(Option<?> option) {
        return stream.supportsOption(option);
    }

    @Override
    public <T> @Nullable T getOption(Option<T> option) throws IOException {
        return stream.getOption(option);
    }

    @Override
    public <T> @Nullable T setOption(Option<T> option, T value) throws IOException {
        return stream.setOption(option, value);
    }

    @Override
    public boolean isPushSupported() {
        return false;
    }

    @Override
    public boolean isMultiplexingSupported() {
        return false;
    }

    @Override
    public @Nullable ClientStatistics getStatistics() {
        return null;
    }

    @Override
    public boolean isUpgradeSupported() {
        return true;
    }

    @Override
    public void addCloseListener(ChannelListener<ClientConnection> listener) {
        closeListeners.add(listener);
    }
}
