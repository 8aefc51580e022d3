package dev.tlsproxy.internal.listen;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
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
    private final Door door;
    private final List<AcceptingChannel<StreamConnection>> bound = new ArrayList<>();
    private final Set<OpenConnection> open = ConcurrentHashMap.newKeySet();
    private final Object ends = new Object();
    private volatile boolean draining;

    AcceptedSockets(XnioWorker worker, Door door) {
        this.worker = worker;
        this.door = door;
    }

    /** The connection is in {@link #open} before the listener sees it. */
    interface Acceptor {
        void accepted(OpenConnection connection);
    }

    synchronized InetSocketAddress bind(InetSocketAddress address, Acceptor acceptor) throws IOException {
        ChannelListener<AcceptingChannel<StreamConnection>> listener =
                ChannelListeners.openListenerAdapter((StreamConnection raw) -> opened(raw, acceptor));
        AcceptingChannel<StreamConnection> channel = worker.createStreamConnectionServer(address, listener, OPTIONS);
        bound.add(channel);
        return channel.getLocalAddress(InetSocketAddress.class);
    }

    private void opened(StreamConnection raw, Acceptor acceptor) {
        OpenConnection connection = new OpenConnection(this, raw);
        Optional<String> refusal = door.entered(connection.peer().getAddress());
        if (refusal.isPresent()) {
            IoUtils.safeClose(raw);
            door.left();
            door.tellRefused(connection.peer(), refusal.get());
            return;
        }
        open.add(connection);
        raw.setCloseListener(closed -> {
            open.remove(connection);
            door.left();
            connection.closed();
            tellEnd();
        });
        if (door.expectsProxyHeader()) {
            new ProxyHeaderAttempt(connection, door, proxied -> {
                        connection.proxied(proxied);
                        seat(connection, acceptor);
                    })
                    .begin();
        } else {
            seat(connection, acceptor);
        }
    }

    private void seat(OpenConnection connection, Acceptor acceptor) {
        Door.Seat seat = door.seat(connection.peer().getAddress());
        connection.onSeatLeft(seat.giveUp());
        if (seat.refusal().isPresent()) {
            door.tellRefused(connection.peer(), seat.refusal().get());
            connection.close();
        } else {
            acceptor.accepted(connection);
        }
    }

    synchronized void startAccepting() {
        bound.forEach(AcceptingChannel::resumeAccepts);
    }

    synchronized void stopAccepting() {
        bound.forEach(IoUtils::safeClose);
        bound.clear();
    }

    /** Lets each connection come to its end: at once where it has no request, else after those it has. */
    void drain() {
        draining = true;
        open.forEach(OpenConnection::drainSoon);
    }

    /** Waits until no connection is left that says goodbye to its client; true when that is so. Not for I/O threads. */
    boolean awaitDrained(Duration timeout) throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        synchronized (ends) {
            while (open.stream().anyMatch(connection -> connection.saysGoodbye)) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                TimeUnit.NANOSECONDS.timedWait(ends, left);
            }
            return true;
        }
    }

    private void tellEnd() {
        if (draining) {
            synchronized (ends) {
                ends.notifyAll();
            }
        }
    }

    void closeConnections() {
        open.forEach(OpenConnection::closeSoon);
    }

    int openConnections() {
        return open.size();
    }

    /** One accepted connection, and the outermost thing that stands on it at present. */
    static final class OpenConnection {

        private final AcceptedSockets sockets;
        private volatile StreamConnection raw;
        private volatile AutoCloseable top;
        private volatile Runnable onSeatLeft = () -> {};
        private volatile Runnable onClosed = () -> {};
        private volatile Runnable onDrain = () -> {};
        private volatile boolean saysGoodbye;

        OpenConnection(AcceptedSockets sockets, StreamConnection raw) {
            this.sockets = sockets;
            this.raw = raw;
            this.top = raw;
        }

        StreamConnection raw() {
            return raw;
        }

        InetSocketAddress peer() {
            return raw.getPeerAddress(InetSocketAddress.class);
        }

        /** What stands in for the socket from its PROXY header on. */
        void proxied(StreamConnection behindHeader) {
            this.raw = behindHeader;
            this.top = behindHeader;
        }

        void onSeatLeft(Runnable task) {
            this.onSeatLeft = task;
        }

        /** Closing the outermost part first lets each layer return its buffers and end its exchanges. */
        void standOn(AutoCloseable outermost) {
            this.top = outermost;
        }

        /** Runs once when the socket is closed, by whomever. */
        void onClosed(Runnable task) {
            this.onClosed = task;
        }

        /**
         * Runs when the proxy begins to close, at once where it has; on the I/O thread, where this is called too.
         *
         * @param saysGoodbye whether the end that follows is worth waiting for
         */
        void onDrain(boolean saysGoodbye, Runnable task) {
            this.saysGoodbye = saysGoodbye;
            this.onDrain = task;
            if (sockets.draining) {
                task.run();
            }
        }

        private void drainSoon() {
            try {
                raw.getIoThread().execute(() -> onDrain.run());
            } catch (RejectedExecutionException e) {
                close();
            }
        }

        private void closed() {
            onSeatLeft.run();
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
