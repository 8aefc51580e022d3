package dev.tlsproxy.internal.upstream;

import io.undertow.client.ClientConnection;
import io.undertow.client.ClientStatistics;
import io.undertow.connector.ByteBufferPool;
import java.io.IOException;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;
import org.xnio.ChannelListener;
import org.xnio.Option;
import org.xnio.XnioIoThread;
import org.xnio.XnioWorker;

/** What a lent connection leaves to the connection below. */
abstract class ForwardingClientConnection implements ClientConnection {

    abstract ClientConnection below();

    @Override
    public ByteBufferPool getBufferPool() {
        return below().getBufferPool();
    }

    @Override
    public SocketAddress getPeerAddress() {
        return below().getPeerAddress();
    }

    @Override
    public <A extends SocketAddress> A getPeerAddress(Class<A> type) {
        return below().getPeerAddress(type);
    }

    @Override
    public ChannelListener.Setter<? extends ClientConnection> getCloseSetter() {
        return below().getCloseSetter();
    }

    @Override
    public SocketAddress getLocalAddress() {
        return below().getLocalAddress();
    }

    @Override
    public <A extends SocketAddress> A getLocalAddress(Class<A> type) {
        return below().getLocalAddress(type);
    }

    @Override
    public XnioWorker getWorker() {
        return below().getWorker();
    }

    @Override
    public XnioIoThread getIoThread() {
        return below().getIoThread();
    }

    @Override
    public boolean isOpen() {
        return below().isOpen();
    }

    @Override
    public boolean supportsOption(Option<?> option) {
        return below().supportsOption(option);
    }

    @Override
    public <T> @Nullable T getOption(Option<T> option) throws IOException {
        return below().getOption(option);
    }

    @Override
    public <T> @Nullable T setOption(Option<T> option, T value) throws IOException {
        return below().setOption(option, value);
    }

    @Override
    public boolean isUpgraded() {
        return below().isUpgraded();
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
    public ClientStatistics getStatistics() {
        return below().getStatistics();
    }

    @Override
    public boolean isUpgradeSupported() {
        return below().isUpgradeSupported();
    }

    @Override
    public void addCloseListener(ChannelListener<ClientConnection> listener) {
        below().addCloseListener(listener);
    }
}
