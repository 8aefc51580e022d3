package dev.tlsproxy.internal.listen;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import org.xnio.ChannelListener;
import org.xnio.ChannelListeners;
import org.xnio.IoUtils;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.StreamConnection;
import org.xnio.XnioWorker;
import org.xnio.channels.AcceptingChannel;

/** The bound sockets of a listener and what was accepted on them and is still open. */
final class AcceptedSockets {

    private static final int BACKLOG = 1024;
    private static final OptionMap OPTIONS = OptionMap.builder()
            .set(Options.REUSE_ADDRESSES, true)
            .set(Options.BACKLOG, BACKLOG)
            .set(Options.TCP_NODELAY, true)
            .set(Options.KEEP_ALIVE, true)
            .getMap();

    private final XnioWorker worker;
    private final List<AcceptingChannel<StreamConnection>> bound = new ArrayList<>();
    private final Set<OpenConnection> open = ConcurrentHashMap.newKeySet();

    AcceptedSockets(XnioWorker worker) {
        this.worker = worker;
    }

    /** The connection is in {@link #open} before the listener sees it. */
    interface Acceptor {
        void accepted(OpenConnection connection);
    }

    synchronized InetSocketAddress bind(InetSocketAddress address, Acceptor acceptor) throws IOException {
        ChannelListener<AcceptingChannel<StreamConnection>> listener =
                ChannelListeners.openListenerAdapter((StreamConnection raw) -> {
                    OpenConnection connection = new OpenConnection(raw);
                    open.add(connection);
                    raw.setCloseListener(closed -> {
                        open.remove(connection);
                        connection.closed();
                    });
                    acceptor.accepted(connection);
                });
        AcceptingChannel<StreamConnection> channel = worker.createStreamConnectionServer(address, listener, OPTIONS);
        bound.add(channel);
        return channel.getLocalAddress(InetSocketAddress.class);
    }

    synchronized void startAccepting() {
        bound.forEach(AcceptingChannel::resumeAccepts);
    }

    synchronized void stopAccepting() {
        bound.forEach(IoUtils::safeClose);
        bound.clear();
    }

    void closeConnections() {
        open.forEach(OpenConnection::closeSoon);
    }

    int openConnections() {
        return open.size();
    }

    /** One accepted connection, and the outermost thing that stands on it at present. */
    static final class OpenConnection {

        private final StreamConnection raw;
        private volatile AutoCloseable top;
        private volatile Runnable onClosed = () -> {};

        OpenConnection(StreamConnection raw) {
            this.raw = raw;
            this.top = raw;
        }

        StreamConnection raw() {
            return raw;
        }

        InetSocketAddress peer() {
            return raw.getPeerAddress(InetSocketAddress.class);
        }

        /** Closing the outermost part first lets each layer return its buffers and end its exchanges. */
        void standOn(AutoCloseable outermost) {
            this.top = outermost;
        }

        /** Runs once when the socket is closed, by whomever. */
        void onClosed(Runnable task) {
            this.onClosed = task;
        }

        private void closed() {
            onClosed.run();
        }

        void close() {
            IoUtils.safeClose(top);
            IoUtils.safeClose(raw);
        }

        void closeSoon() {
            try {
                raw.getIoThread().execute(this::close);
            } catch (RejectedExecutionException e) {
                close();
            }
        }
    }
}
