package dev.tlsproxy.internal.http;

import dev.tlsproxy.internal.tunnel.TwoWayTunnel;
import dev.tlsproxy.internal.upstream.UpstreamAddress;
import dev.tlsproxy.spi.Tunnel.DrainReason;
import dev.tlsproxy.spi.Tunnel.Side;
import dev.tlsproxy.spi.TunnelFilter;
import io.undertow.client.ClientConnection;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.HttpUpgradeListener;
import io.undertow.util.HeaderMap;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;

/**
 * The place of one upgrade in {@link Tunnels}: from the handler's decision to the end of the tunnel, or of the exchange
 * where none comes of it. On the exchange's I/O thread but for what says otherwise.
 */
final class TunnelSlot implements HttpUpgradeListener, Tunnels.Place {

    private static final Logger LOG = LoggerFactory.getLogger(TunnelSlot.class);

    private final Tunnels tunnels;
    private final ExchangeState state;
    private final RouteEntry route;
    private final @Nullable TunnelFilter filter;
    private @Nullable ClientConnection upstream;
    private @Nullable TwoWayTunnel tunnel;
    private @Nullable DrainReason draining;
    private long drainDeadline;
    private boolean ended;
    private volatile @Nullable UpstreamAddress address;
    private volatile boolean open;
    private final AtomicBoolean leaving = new AtomicBoolean();

    private TunnelSlot(Tunnels tunnels, ExchangeState state, RouteEntry route, @Nullable TunnelFilter filter) {
        this.tunnels = tunnels;
        this.state = state;
        this.route = route;
        this.filter = filter;
    }

    /** Takes a place; {@link #exchangeEnded} must be called at the end of the exchange. */
    static TunnelSlot take(Tunnels tunnels, ExchangeState state, RouteEntry route, @Nullable TunnelFilter filter) {
        TunnelSlot slot = new TunnelSlot(tunnels, state, route, filter);
        tunnels.add(slot);
        // ProxyHandler sets a listener that copies bytes; the last one before the head is written wins.
        state.exchange().addResponseCommitListener(slot::committing);
        return slot;
    }

    @Override
    public RouteEntry route() {
        return route;
    }

    @Override
    public Optional<UpstreamAddress> address() {
        return Optional.ofNullable(address);
    }

    @Override
    public boolean leave() {
        return leaving.compareAndSet(false, true);
    }

    @Override
    public boolean isLeaving() {
        return leaving.get();
    }

    @Override
    public boolean hasFilter() {
        return filter != null;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public void drain(DrainReason reason, long deadline) {
        execute(() -> {
            draining = reason;
            drainDeadline = deadline;
            if (tunnel != null) {
                drainNow(tunnel, reason);
            }
        });
    }

    @Override
    public void cut() {
        execute(() -> {
            if (tunnel != null) {
                tunnel.close();
            } else if (!ended) {
                state.cut(new Refusal(Refusal.CLIENT_LEFT, "tunnel was cut"));
            }
        });
    }

    /** The upstream's answer is 101. */
    void switching(ClientConnection connection, UpstreamAddress upstream) {
        this.upstream = connection;
        this.address = upstream;
    }

    /** Bytes that a side has sent through the tunnel. */
    long received(Side from) {
        return tunnel == null ? 0 : tunnel.received(from);
    }

    /** Bytes that a side was sent through the tunnel. */
    long sent(Side to) {
        return tunnel == null ? 0 : tunnel.sent(to);
    }

    /** Open from here on: a client may have the 101, and act on it, before this thread is told that it was sent. */
    private void committing(HttpServerExchange exchange) {
        if (exchange.isUpgrade()) {
            open = !ended;
            exchange.upgradeChannel(this);
        }
    }

    /** The 101 is with the client. */
    @Override
    public void handleUpgrade(StreamConnection client, HttpServerExchange exchange) {
        ClientConnection from = upstream;
        if (ended || from == null) {
            IoUtils.safeClose(client);
            return;
        }
        StreamConnection switched;
        try {
            switched = from.performUpgrade();
        } catch (IOException e) {
            IoUtils.safeClose(client, from);
            return;
        }
        HeaderMap response = exchange.getResponseHeaders();
        TwoWayTunnel opened = new TwoWayTunnel(
                client,
                switched,
                exchange.getConnection().getByteBufferPool(),
                filter,
                tunnels.nanos(),
                route.name(),
                this::end);
        tunnel = opened;
        opened.start(new HeaderMapFields(response));
        if (draining != null) {
            drainNow(opened, draining);
        }
    }

    /** The exchange has ended; where a tunnel was opened, that ends by itself, after the call it may be in. */
    void exchangeEnded() {
        if (tunnel == null) {
            end();
        }
    }

    private void end() {
        if (ended) {
            return;
        }
        ended = true;
        open = false;
        tunnels.remove(this);
        if (filter != null) {
            try {
                filter.closed();
            } catch (RuntimeException e) {
                LOG.error("tunnel filter of route {} failed", route.name(), e);
            }
        }
    }

    private void drainNow(TwoWayTunnel target, DrainReason reason) {
        target.drain(reason, Duration.ofNanos(Math.max(1, drainDeadline - tunnels.nanoTime())));
    }

    private void execute(Runnable task) {
        try {
            state.exchange().getIoThread().execute(task);
        } catch (RejectedExecutionException e) {
            // the thread is ending, and with it every connection on it
        }
    }
}
