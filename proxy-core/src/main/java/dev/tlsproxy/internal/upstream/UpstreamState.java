package dev.tlsproxy.internal.upstream;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.xnio.XnioIoThread;

/** One upstream: its connections, how many it may have, who waits for one, and whether it lately refused one. */
final class UpstreamState {

    private static final long AVOID_NANOS = Duration.ofSeconds(10).toNanos();

    /** What became of a wish for a new connection. */
    enum Turn {
        NOW,
        QUEUED,
        FULL
    }

    /** Waits for its turn: gets a kept connection of its own I/O thread, or null for the right to make one. */
    interface Waiter {
        XnioIoThread thread();

        void granted(@Nullable PooledConnection connection);

        void poolClosed();
    }

    private final UpstreamAddress address;
    private final UpstreamPoolConfig config;
    private final LongSupplier ticker;
    private final ConcurrentHashMap<XnioIoThread, IdleConnections> idle = new ConcurrentHashMap<>();
    private final Deque<Waiter> queue = new ArrayDeque<>(); // guarded by this
    private int connections; // guarded by this
    private boolean retired; // guarded by this
    private volatile long avoidedSince;
    private volatile boolean avoided;
    private final FaultLog faults;

    UpstreamState(UpstreamAddress address, UpstreamPoolConfig config, LongSupplier ticker) {
        this.address = address;
        this.config = config;
        this.ticker = ticker;
        this.faults = new FaultLog(name(), ticker);
    }

    UpstreamAddress address() {
        return address;
    }

    /** Scheme, host and port for logs. */
    String name() {
        return address.uri().getScheme() + "://" + address.uri().getRawAuthority();
    }

    /** It sent what is no HTTP; the connection is closed. */
    void faulty(String fault) {
        faults.add(fault);
    }

    boolean isAvoided() {
        return avoided && ticker.getAsLong() - avoidedSince < AVOID_NANOS;
    }

    void connectFailed() {
        avoidedSince = ticker.getAsLong();
        avoided = true;
    }

    void connectWorked() {
        avoided = false;
    }

    @Nullable
    PooledConnection takeIdle(XnioIoThread thread) {
        IdleConnections own = idle.get(thread);
        return own == null ? null : own.take();
    }

    /** Asks for the right to make a connection. After {@code NOW} it must be given back by {@link #released}. */
    Turn reserve(Waiter waiter) {
        synchronized (this) {
            if (connections < config.maxConnections()) {
                connections++;
                return Turn.NOW;
            }
            if (queue.size() >= config.maxQueue()) {
                return Turn.FULL;
            }
            queue.add(waiter);
        }
        closeOneIdle();
        return Turn.QUEUED;
    }

    synchronized boolean leaveQueue(Waiter waiter) {
        return queue.remove(waiter);
    }

    /** A connection was closed or could not be made: its place is free. */
    void released() {
        Waiter next;
        synchronized (this) {
            next = queue.poll();
            if (next == null) {
                connections--;
                return;
            }
        }
        grant(next, null);
    }

    /** Takes back a connection that can serve another request; on its I/O thread. */
    void giveBack(PooledConnection connection) {
        Waiter next;
        synchronized (this) {
            next = queue.peek();
            if (next == null && !retired) {
                // inside the lock: whoever queues from now on finds it idle
                idle(connection.thread()).add(connection);
                return;
            }
            if (next != null && next.thread() == connection.thread()) {
                queue.remove();
            }
        }
        if (next != null && next.thread() == connection.thread()) {
            grant(next, connection);
        } else {
            connection.close(); // nobody will want it, or it makes room for a connection of the waiter's own thread
        }
    }

    void closed(PooledConnection connection) {
        IdleConnections own = idle.get(connection.thread());
        if (own != null) {
            own.remove(connection);
        }
        released();
    }

    /** No route has this upstream any more: keeps no connection that has no request. */
    void retire() {
        synchronized (this) {
            retired = true;
        }
        idle.values().forEach(own -> execute(own.thread(), own::closeAll));
    }

    void close() {
        List<Waiter> waiting;
        synchronized (this) {
            waiting = new ArrayList<>(queue);
            queue.clear();
        }
        waiting.forEach(waiter -> execute(waiter.thread(), waiter::poolClosed));
        idle.values().forEach(own -> execute(own.thread(), own::closeAll));
    }

    private IdleConnections idle(XnioIoThread thread) {
        return idle.computeIfAbsent(thread, key -> new IdleConnections(key, config.idleTime(), ticker));
    }

    /** Kept connections of other I/O threads hold places too. */
    private void closeOneIdle() {
        for (IdleConnections own : idle.values()) {
            if (!own.isEmpty()) {
                execute(own.thread(), own::closeOldest);
                return;
            }
        }
    }

    private void grant(Waiter waiter, @Nullable PooledConnection connection) {
        execute(waiter.thread(), () -> waiter.granted(connection));
    }

    static void execute(XnioIoThread thread, Runnable task) {
        try {
            thread.execute(task);
        } catch (RejectedExecutionException e) {
            // the worker is shut down, and with it every connection and exchange of this thread
        }
    }
}
