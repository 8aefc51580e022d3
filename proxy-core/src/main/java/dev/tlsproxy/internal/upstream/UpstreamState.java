package dev.tlsproxy.internal.upstream;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.xnio.XnioIoThread;

/** One upstream: its connections, how many it may have, who waits for one, and its health. */
final class UpstreamState {

    /** What became of a wish for a new connection. */
    enum Turn {
        NOW,
        QUEUED,
        FULL
    }

    /** Waits for its turn: gets a kept connection that it takes, or null for the right to make one. */
    interface Waiter {
        XnioIoThread thread();

        boolean takes(PooledConnection connection);

        void granted(@Nullable PooledConnection connection);

        void poolClosed();
    }

    private final UpstreamAddress address;
    private final UpstreamPoolConfig config;
    private final LongSupplier ticker;
    private final ConcurrentHashMap<XnioIoThread, IdleConnections> idle = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<XnioIoThread, SharedConnections> shared = new ConcurrentHashMap<>();
    private final Deque<Waiter> queue = new ArrayDeque<>(); // guarded by this
    private final AtomicInteger tunnels = new AtomicInteger();
    private final UpstreamHealth health;
    private final long key;
    private int connections; // guarded by this
    private boolean retired; // guarded by this
    private final FaultLog faults;

    UpstreamState(
            UpstreamAddress address,
            UpstreamPoolConfig config,
            LongSupplier ticker,
            Function<String, UpstreamHealth.Listener> report) {
        this.address = address;
        this.config = config;
        this.ticker = ticker;
        this.health = new UpstreamHealth(report.apply(name(address)), ticker, config.connectTimeout());
        this.key = Rendezvous.key(address.uri().toString());
        this.faults = new FaultLog(name(), ticker);
    }

    UpstreamAddress address() {
        return address;
    }

    /** Scheme, host and port for logs. */
    String name() {
        return name(address);
    }

    private static String name(UpstreamAddress address) {
        return address.uri().getScheme() + "://" + address.uri().getRawAuthority();
    }

    UpstreamHealth health() {
        return health;
    }

    /** It sent what is no HTTP; the connection is closed. */
    void faulty(String fault) {
        faults.add(fault);
    }

    /** For {@link Rendezvous}. */
    long key() {
        return key;
    }

    /** Requests and tunnels under way, and requests that wait: as of about now, while other threads go on. */
    int load() {
        int places;
        synchronized (this) {
            places = connections + queue.size();
        }
        int kept = idle.values().stream().mapToInt(IdleConnections::size).sum();
        return Math.max(0, places - kept) + tunnels.get();
    }

    @Nullable
    PooledConnection takeIdle(XnioIoThread thread, @Nullable ClientAddresses client) {
        IdleConnections own = idle.get(thread);
        return own == null ? null : own.take(client);
    }

    /** The HTTP/2 connections that exchanges of a thread share. */
    SharedConnections shared(XnioIoThread thread, UpstreamPool pool) {
        SharedConnections own = shared.computeIfAbsent(thread, key -> new SharedConnections(pool, this, key));
        if (isRetired()) {
            own.retire(); // also one that was just made; on its thread
        }
        return own;
    }

    private synchronized boolean isRetired() {
        return retired;
    }

    /** Asks for the right to make a connection, or to have a stream. After {@code NOW} it must be given back by {@link #released}. */
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
            if (next != null && next.takes(connection)) {
                queue.remove();
            }
        }
        if (next != null && next.takes(connection)) {
            grant(next, connection);
        } else {
            connection.close(); // nobody will want it, or it makes room for a connection that the waiter takes
        }
    }

    void closed(PooledConnection connection) {
        IdleConnections own = idle.get(connection.thread());
        if (own != null) {
            own.remove(connection);
        }
        // a tunnel leaves the pool, and is still work for the upstream; at the end of a connection this runs at once
        tunnels.incrementAndGet();
        connection.onClose(tunnels::decrementAndGet);
        released();
    }

    /** No route has this upstream any more: keeps no connection that has no request. */
    void retire() {
        synchronized (this) {
            retired = true;
        }
        health.forget();
        idle.values().forEach(own -> execute(own.thread(), own::closeAll));
        shared.values().forEach(own -> execute(own.thread(), own::retire));
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
            if (own.size() > 0) {
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
