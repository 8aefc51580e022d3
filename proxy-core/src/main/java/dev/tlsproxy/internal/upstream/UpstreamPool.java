package dev.tlsproxy.internal.upstream;

import dev.tlsproxy.spi.ProxyEvents;
import io.undertow.connector.ByteBufferPool;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.proxy.ProxyCallback;
import io.undertow.server.handlers.proxy.ProxyClient;
import io.undertow.server.handlers.proxy.ProxyConnection;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;
import org.xnio.XnioIoThread;
import org.xnio.XnioWorker;

/**
 * Lends ProxyHandler a connection to an upstream of an exchange's {@link UpstreamCall}. It chooses, limits, queues,
 * connects, retries and reports failures itself, so the ProxyHandler in front needs {@code setMaxConnectionRetries(0)}, no
 * {@code maxRequestTime}, and neither host nor path rewriting.
 *
 * <p>Thread-safe. A connection belongs to the I/O thread of the exchange it was made for, and is lent to exchanges of
 * that thread only; the limits hold for all threads together.
 */
public final class UpstreamPool implements ProxyClient, AutoCloseable {

    private static final ProxyTarget TARGET = new ProxyTarget() {};

    private final UpstreamPoolConfig config;
    private final LongSupplier ticker;
    private final UpstreamConnector connector;
    private final UpstreamRotation rotation;
    private final HealthReport report;
    private final HealthChecks checks;
    private final ConcurrentHashMap<UpstreamAddress, UpstreamState> states = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<XnioIoThread, ResponseTimers> timers = new ConcurrentHashMap<>();
    private final Set<StreamConnection> connections = ConcurrentHashMap.newKeySet();
    private volatile @Nullable Set<UpstreamAddress> served;
    private volatile boolean closed;

    /**
     * A pool without connections.
     *
     * @param worker its I/O threads serve the exchanges; its task threads resolve names
     * @param buffers for everything read from and written to upstreams
     * @param config time-outs and limits
     * @param resolver finds the addresses of an upstream's host
     * @param ticker nanoseconds, as {@link System#nanoTime()}
     * @param events hears which upstreams are down and up
     */
    public UpstreamPool(
            XnioWorker worker,
            ByteBufferPool buffers,
            UpstreamPoolConfig config,
            UpstreamResolver resolver,
            LongSupplier ticker,
            ProxyEvents events) {
        this.config = config;
        this.ticker = ticker;
        this.connector = new UpstreamConnector(worker, buffers, config.connectTimeout(), resolver, ticker);
        this.rotation = new UpstreamRotation(
                this::state, () -> ThreadLocalRandom.current().nextLong());
        this.report = new HealthReport(events, worker.getIoThread());
        this.checks = new HealthChecks(
                worker, connector, () -> ThreadLocalRandom.current().nextLong());
    }

    /**
     * Whether the exchange has an {@link UpstreamCall}.
     *
     * @param exchange any exchange
     * @return null without one: ProxyHandler then goes to its next handler
     */
    @Override
    public @Nullable ProxyTarget findTarget(HttpServerExchange exchange) {
        return exchange.getAttachment(UpstreamCall.KEY) == null ? null : TARGET;
    }

    /**
     * Finds a connection. A failure is told to {@link UpstreamCall#failed} first; the callback then ends the exchange.
     *
     * @param target what {@link #findTarget} gave
     * @param exchange has an {@link UpstreamCall}; the call comes on its I/O thread
     * @param callback gets a connection or the end of the exchange, on the same thread
     * @param timeout not used: the configured times hold
     * @param timeUnit not used
     */
    @Override
    public void getConnection(
            ProxyTarget target,
            HttpServerExchange exchange,
            ProxyCallback<ProxyConnection> callback,
            long timeout,
            TimeUnit timeUnit) {
        UpstreamCall call = exchange.getAttachment(UpstreamCall.KEY);
        new UpstreamAttempt(this, exchange, call, callback, rotation.order(call.upstreams(), call.client())).start();
    }

    /**
     * Nothing: targets are a matter of each exchange.
     *
     * @return an empty list
     */
    @Override
    public List<ProxyTarget> getAllTargets() {
        return List.of();
    }

    /**
     * Forgets every upstream but those of some groups: its idle connections are closed, those in use when they would
     * become idle. Exchanges that still ask for one get connections for themselves alone. Begins the health checks of
     * these groups, goes on with those that it makes already, and ends the others.
     *
     * @param groups the groups of all routes
     */
    public void retain(Collection<UpstreamGroup> groups) {
        Set<UpstreamAddress> kept = new HashSet<>();
        groups.forEach(group -> kept.addAll(group.addresses()));
        served = kept; // before the look at the map, so that whoever adds to it afterwards sees it
        rotation.retain(Set.copyOf(groups));
        states.keySet().stream().filter(address -> !kept.contains(address)).forEach(this::retire);
        checks.retain(groups, address -> state(address).health());
    }

    /** Closes every connection, also those in use, on their I/O threads, and fails what waits. Does not block. */
    @Override
    public void close() {
        closed = true;
        checks.close();
        states.values().forEach(UpstreamState::close);
        connections.forEach(UpstreamPool::closeSoon);
    }

    /** How many have state here. */
    int knownUpstreams() {
        return states.size();
    }

    boolean isClosed() {
        return closed;
    }

    UpstreamPoolConfig config() {
        return config;
    }

    LongSupplier ticker() {
        return ticker;
    }

    ResponseTimers timers(XnioIoThread thread) {
        ResponseTimers known = timers.get(thread);
        return known != null ? known : timers.computeIfAbsent(thread, key -> new ResponseTimers(key, ticker));
    }

    UpstreamConnector connector() {
        return connector;
    }

    void opened(StreamConnection connection) {
        connections.add(connection);
        // StreamConnection, not ClientConnection: adds to the listeners there are, and runs at once when already closed
        connection.setCloseListener(connections::remove);
        if (closed) {
            closeSoon(connection);
        }
    }

    private static void closeSoon(StreamConnection connection) {
        try {
            connection.getIoThread().execute(() -> IoUtils.safeClose(connection));
        } catch (RejectedExecutionException e) {
            IoUtils.safeClose(connection);
        }
    }

    private UpstreamState state(UpstreamAddress address) {
        UpstreamState state =
                states.computeIfAbsent(address, key -> new UpstreamState(key, config, ticker, report::of));
        Set<UpstreamAddress> kept = served;
        if (kept != null && !kept.contains(address)) {
            retire(address);
        }
        return state;
    }

    private void retire(UpstreamAddress address) {
        UpstreamState state = states.remove(address);
        if (state != null) {
            state.retire();
        }
    }
}
