package dev.tlsproxy.internal.upstream;

import dev.tlsproxy.internal.http1.MalformedResponseException;
import dev.tlsproxy.internal.http2.Http2Connection;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.xnio.StreamConnection;
import org.xnio.XnioExecutor;
import org.xnio.XnioIoThread;

/**
 * The HTTP/2 connections of one upstream and one I/O thread: as few as carry the exchanges that there are. Used on that
 * thread only.
 */
final class SharedConnections {

    /** Waits for a stream; each has a place of the limit. */
    interface Waiter {
        void connected(Carrier stream);

        void failed(UpstreamFailure failure);
    }

    private final UpstreamPool pool;
    private final UpstreamState upstream;
    private final XnioIoThread thread;
    private final List<SharedConnection> open = new ArrayList<>(1);
    private final Deque<Waiter> waiting = new ArrayDeque<>();
    private int connecting;
    private int capacity = Integer.MAX_VALUE; // of the connection that was made last
    private boolean retired;
    private XnioExecutor.@Nullable Key timer;

    SharedConnections(UpstreamPool pool, UpstreamState upstream, XnioIoThread thread) {
        this.pool = pool;
        this.upstream = upstream;
        this.thread = thread;
    }

    XnioIoThread thread() {
        return thread;
    }

    /** Gives a stream at once, or when a connection is made. */
    void take(Waiter waiter) {
        SharedConnection connection = withRoom();
        if (connection != null) {
            waiter.connected(connection.lend());
            return;
        }
        waiting.add(waiter);
        connectForWaiting();
    }

    private @Nullable SharedConnection withRoom() {
        for (SharedConnection connection : List.copyOf(open)) { // a look may close it
            if (connection.hasRoom()) {
                return connection;
            }
        }
        return null;
    }

    private void connectForWaiting() {
        while (waiting.size() > (long) connecting * capacity) {
            connecting++;
            new Making().start();
        }
    }

    private void made(SharedConnection connection) {
        upstream.health().connectWorked();
        open.add(connection);
        connection.idleSince(pool.ticker().getAsLong());
        int served = 0;
        while (!waiting.isEmpty() && connection.hasRoom()) {
            served++;
            waiting.remove().connected(connection.lend());
        }
        if (served == 0) {
            idle(connection);
            failed(UpstreamFailure.NO_CAPACITY); // if anybody waits, for a connection that takes no request
        } else if (!waiting.isEmpty()) {
            capacity = served;
            connectForWaiting();
        }
    }

    /** Nobody is served better by waiting for the next. */
    private void failed(UpstreamFailure failure) {
        List<Waiter> told = new ArrayList<>(waiting);
        waiting.clear();
        told.forEach(waiter -> waiter.failed(failure));
    }

    /** It has no exchange any more. */
    void idle(SharedConnection connection) {
        if (retired || pool.isClosed() || connection.isDraining()) {
            connection.close();
            return;
        }
        connection.idleSince(pool.ticker().getAsLong());
        if (timer == null) {
            arm(idleNanos());
        }
    }

    private void closeExpired() {
        timer = null;
        long now = pool.ticker().getAsLong();
        long next = Long.MAX_VALUE;
        for (SharedConnection connection : List.copyOf(open)) {
            if (!connection.isIdle()) {
                continue;
            }
            long left = idleNanos() - (now - connection.idleSince());
            if (left <= 0) {
                connection.close();
            } else {
                next = Math.min(next, left);
            }
        }
        if (next < Long.MAX_VALUE) {
            arm(next);
        }
    }

    private void arm(long nanos) {
        timer = Timers.after(thread, nanos, this::closeExpired);
    }

    private long idleNanos() {
        return pool.config().idleTime().toNanos();
    }

    /** Keeps no connection that has no exchange. */
    void retire() {
        retired = true;
        if (timer != null) {
            timer.remove();
            timer = null;
        }
        List.copyOf(open).forEach(SharedConnection::drain);
    }

    /** One new connection, until the upstream's SETTINGS have come. */
    private final class Making implements UpstreamConnector.Callback {

        private XnioExecutor.@Nullable Key limit;
        private @Nullable SharedConnection connection;
        private boolean late;

        void start() {
            pool.connector().connect(upstream.address(), null, thread, this);
        }

        @Override
        public void connected(StreamConnection stream) {
            YieldingSource.under(stream);
            Http2Connection http = new Http2Connection(
                    stream,
                    pool.connector().buffers(),
                    upstream.address().tls() != null,
                    pool.ticker(),
                    upstream::faulty,
                    this::settled);
            SharedConnection shared = new SharedConnection(upstream, SharedConnections.this, http);
            connection = shared;
            pool.opened(stream);
            stream.setCloseListener(closed -> open.remove(shared));
            limit = Timers.after(thread, pool.config().connectTimeout().toNanos(), () -> {
                late = true;
                http.close();
            });
        }

        private void settled(@Nullable IOException failure) {
            connecting--;
            if (limit != null) {
                limit.remove();
            }
            if (failure == null && connection != null) {
                made(connection);
            } else if (late) {
                SharedConnections.this.failed(UpstreamFailure.CONNECT_TIMEOUT);
            } else {
                boolean malformed = failure instanceof MalformedResponseException;
                SharedConnections.this.failed(malformed ? UpstreamFailure.BAD_RESPONSE : UpstreamFailure.CLOSED);
            }
        }

        @Override
        public void failed(UpstreamFailure failure) {
            connecting--;
            SharedConnections.this.failed(failure);
        }
    }
}
