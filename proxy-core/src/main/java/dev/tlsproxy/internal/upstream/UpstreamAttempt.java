package dev.tlsproxy.internal.upstream;

import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.proxy.ProxyCallback;
import io.undertow.server.handlers.proxy.ProxyConnection;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.xnio.StreamConnection;
import org.xnio.XnioExecutor;
import org.xnio.XnioIoThread;

/**
 * One exchange on its way to a connection: each upstream of the group is tried once. Lives on the exchange's I/O thread
 * until the exchange has a response or has failed.
 */
final class UpstreamAttempt implements UpstreamConnector.Callback, SharedConnections.Waiter {

    private final UpstreamPool pool;
    private final HttpServerExchange exchange;
    private final UpstreamCall call;
    private final ProxyCallback<ProxyConnection> callback;
    private final Queue<UpstreamState> candidates;
    private final FlushWhenDry.Holder client = new FlushWhenDry.Holder();
    private UpstreamState upstream;
    private @Nullable UpstreamConnection lent;
    private @Nullable ClientAddresses addresses;
    private @Nullable Waiting queued;
    private boolean ended;
    private boolean exchangeEnded;

    UpstreamAttempt(
            UpstreamPool pool,
            HttpServerExchange exchange,
            UpstreamCall call,
            ProxyCallback<ProxyConnection> callback,
            Queue<UpstreamState> candidates) {
        this.pool = pool;
        this.exchange = exchange;
        this.call = call;
        this.callback = callback;
        this.candidates = candidates;
        this.upstream = candidates.remove();
    }

    void start() {
        exchange.addResponseWrapper(client);
        // here and not where a connection is lent: a stream that is reset while the upstream connects has no listeners
        // by then
        exchange.addExchangeCompleteListener((done, next) -> {
            exchangeEnded();
            next.proceed();
        });
        if (!exchange.isRequestComplete()) {
            exchange.addRequestWrapper(
                    (factory, wrapped) -> new YieldingSource(factory.create(), wrapped.getIoThread()));
        }
        take();
    }

    private void exchangeEnded() {
        exchangeEnded = true;
        if (queued != null) {
            queued.leave();
        }
        if (lent != null) {
            lent.exchangeEnded();
        }
    }

    private void take() {
        if (call.upgrade() && upstream.address().http2()) {
            tryNext(UpstreamFailure.NO_UPGRADE);
            return;
        }
        upstream.health().tried();
        PooledConnection idle = upstream.takeIdle(exchange.getIoThread(), announced());
        if (idle != null) {
            lend(idle);
        } else {
            reserve();
        }
    }

    /** Makes a new connection to the same upstream, for a request that the kept one did not carry. */
    void reconnect() {
        reserve();
    }

    private void reserve() {
        Waiting waiting = new Waiting(upstream);
        switch (upstream.reserve(waiting)) {
            case NOW -> connect();
            case QUEUED -> {
                queued = waiting;
                waiting.startTimer();
            }
            case FULL -> tryNext(UpstreamFailure.NO_CAPACITY);
        }
    }

    private void connect() {
        if (upstream.address().http2()) {
            upstream.shared(exchange.getIoThread(), pool).take(this);
            return;
        }
        pool.connector().connect(upstream.address(), announced(), exchange.getIoThread(), this);
    }

    /** The client that a connection for this exchange names in its PROXY header; null where it has none. */
    private @Nullable ClientAddresses announced() {
        if (upstream.address().proxyProtocol() == null) {
            return null;
        }
        if (addresses == null) {
            addresses = call.clientAddresses(); // once: a connection has to be known by what was sent on it
        }
        return addresses;
    }

    @Override
    public void connected(StreamConnection opened) {
        upstream.health().connectWorked();
        PooledConnection connection = new PooledConnection(
                upstream, announced(), opened, pool.connector().buffers());
        pool.opened(opened);
        lend(connection);
    }

    @Override
    public void connected(Carrier stream) {
        lend(stream);
    }

    @Override
    public void failed(UpstreamFailure failure) {
        if (!pool.isClosed()) {
            upstream.health().connectFailed(failure);
        }
        upstream.released();
        tryNext(failure);
    }

    private void tryNext(UpstreamFailure failure) {
        UpstreamState next = lent == null && !pool.isClosed() ? candidates.poll() : null;
        // what the others have no room for would bury one that is just coming back
        boolean overflow = failure == UpstreamFailure.NO_CAPACITY;
        if (next == null
                || (overflow && next.health().isSkipped(call.upstreams().check()))) {
            fail(failure);
            return;
        }
        upstream = next;
        take();
    }

    private void lend(Carrier connection) {
        if (ended || exchangeEnded || exchange.isComplete()) {
            connection.giveBack();
        } else if (lent != null) {
            lent.sendAgain(connection);
        } else {
            lent = new UpstreamConnection(this, connection, client);
            callback.completed(exchange, new ProxyConnection(lent, ""));
        }
    }

    /** Ends the exchange without a response of an upstream. */
    void fail(UpstreamFailure failure) {
        if (ended || exchange.isComplete()) {
            return;
        }
        ended = true;
        // a client that does not send its request to the end is no upstream's fault
        if (failure == UpstreamFailure.RESPONSE_TIMEOUT && exchange.isRequestComplete()) {
            upstream.health().responseTimedOut();
        }
        failing(failure);
        // not by ProxyHandler's own failure path: that logs the request target, which may hold a key
        callback.couldNotResolveBackend(exchange);
    }

    /** Ends the exchange after its call failed, which has told why itself. */
    void callFailed() {
        if (!ended && !exchange.isComplete()) {
            ended = true;
            callback.couldNotResolveBackend(exchange);
        }
    }

    /** Says why, where ProxyHandler itself is about to end the exchange. */
    void failing(UpstreamFailure failure) {
        if (!exchange.isResponseStarted()) {
            exchange.getResponseHeaders().clear();
        }
        call.failed(failure, upstream.name());
    }

    UpstreamPool pool() {
        return pool;
    }

    HttpServerExchange exchange() {
        return exchange;
    }

    UpstreamCall call() {
        return call;
    }

    /** A place in an upstream's queue. */
    private final class Waiting implements UpstreamState.Waiter {

        private final UpstreamState queuedAt;
        private XnioExecutor.@Nullable Key timer;

        Waiting(UpstreamState queuedAt) {
            this.queuedAt = queuedAt;
        }

        void startTimer() {
            timer = Timers.after(thread(), pool.config().maxQueueTime().toNanos(), this::timedOut);
        }

        @Override
        public XnioIoThread thread() {
            return exchange.getIoThread();
        }

        @Override
        public boolean takes(PooledConnection connection) {
            return connection.thread() == thread() && connection.isFor(announced());
        }

        @Override
        public void granted(@Nullable PooledConnection connection) {
            stopTimer();
            if (connection != null && connection.isQuiet()) {
                connection.reused();
                lend(connection);
            } else if (connection != null) {
                connection.close();
                reserve();
            } else if (pool.isClosed() || exchangeEnded || exchange.isComplete()) {
                queuedAt.released();
                fail(UpstreamFailure.NO_CAPACITY);
            } else {
                connect();
            }
        }

        @Override
        public void poolClosed() {
            stopTimer();
            fail(UpstreamFailure.NO_CAPACITY);
        }

        /** Does nothing where it was granted what it waits for: that goes back when it comes. */
        void leave() {
            if (queuedAt.leaveQueue(this)) {
                stopTimer();
            }
        }

        private void timedOut() {
            if (queuedAt.leaveQueue(this)) {
                fail(UpstreamFailure.NO_CAPACITY);
            }
        }

        private void stopTimer() {
            if (timer != null) {
                timer.remove();
            }
        }
    }
}
