package dev.tlsproxy.internal.upstream;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.xnio.XnioExecutor;
import org.xnio.XnioIoThread;

/** The kept connections of one upstream and one I/O thread, last in first out. Used on that thread only. */
final class IdleConnections {

    private final XnioIoThread thread;
    private final Duration idleTime;
    private final LongSupplier ticker;
    private final Deque<PooledConnection> newestFirst = new ArrayDeque<>();
    private volatile int size; // the one thing other threads look at
    private XnioExecutor.@Nullable Key timer;

    IdleConnections(XnioIoThread thread, Duration idleTime, LongSupplier ticker) {
        this.thread = thread;
        this.idleTime = idleTime;
        this.ticker = ticker;
    }

    XnioIoThread thread() {
        return thread;
    }

    int size() {
        return size;
    }

    void add(PooledConnection connection) {
        connection.idleSince(ticker.getAsLong());
        newestFirst.push(connection);
        size = newestFirst.size();
        if (timer == null) {
            arm(idleTime.toNanos());
        }
    }

    /** The newest one for a client that is still usable; closes those that are not. */
    @Nullable
    PooledConnection take(@Nullable ClientAddresses client) {
        PooledConnection connection;
        while ((connection = newestFor(client)) != null) {
            remove(connection);
            if (age(connection) < idleTime.toNanos() && connection.isQuiet()) {
                connection.reused();
                return connection;
            }
            connection.close();
        }
        return null;
    }

    /** The first there is, but for upstreams that want a PROXY header. */
    private @Nullable PooledConnection newestFor(@Nullable ClientAddresses client) {
        for (PooledConnection connection : newestFirst) {
            if (connection.isFor(client)) {
                return connection;
            }
        }
        return null;
    }

    void remove(PooledConnection connection) {
        newestFirst.remove(connection);
        size = newestFirst.size();
    }

    void closeOldest() {
        PooledConnection oldest = newestFirst.pollLast();
        if (oldest != null) {
            size = newestFirst.size();
            oldest.close();
        }
    }

    void closeAll() {
        if (timer != null) {
            timer.remove();
            timer = null;
        }
        new ArrayList<>(newestFirst).forEach(PooledConnection::close);
    }

    private void closeExpired() {
        timer = null;
        PooledConnection oldest;
        while ((oldest = newestFirst.peekLast()) != null && age(oldest) >= idleTime.toNanos()) {
            closeOldest();
        }
        if (oldest != null) {
            arm(idleTime.toNanos() - age(oldest));
        }
    }

    private void arm(long nanos) {
        timer = Timers.after(thread, nanos, this::closeExpired);
    }

    private long age(PooledConnection connection) {
        return ticker.getAsLong() - connection.idleSince();
    }
}
