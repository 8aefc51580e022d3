package dev.tlsproxy.internal.tunnel;

import dev.tlsproxy.spi.HeaderFields;
import dev.tlsproxy.spi.Tunnel;
import dev.tlsproxy.spi.TunnelFilter;
import io.undertow.connector.ByteBufferPool;
import io.undertow.connector.PooledByteBuffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.IoUtils;
import org.xnio.Options;
import org.xnio.StreamConnection;

/**
 * Two connections of one I/O thread with the bytes between them, straight or through a filter. Holds no pooled buffer
 * between reads. On that thread only.
 */
public final class TwoWayTunnel implements Tunnel {

    private static final Logger LOG = LoggerFactory.getLogger(TwoWayTunnel.class);

    /** Bytes of one side per turn: what is beyond waits until other connections of the thread had theirs. */
    private static final int TURN = 256 * 1024;

    private static final Duration BETWEEN_TURNS = Duration.ofMillis(1);

    /** A side that does not take what a filter answers it is not read from: else it could make that grow without end. */
    private static final int MAX_KEPT_FOR_SENDER = 64 * 1024;

    /**
     * How long a tunnel lasts with one direction of the client's TLS connection ended: Bouncy Castle ends both with the
     * first close_notify, sent or received, so that only what is on its way to the upstream is worth waiting for. The
     * JDK's TLS, which upstreams get, has half-closed connections (RFC 8446 section 6.1). And how long a side that was reset
     * has for what it sent before that.
     */
    private static final Duration LINGER = Duration.ofSeconds(5);

    private final TunnelLeg client;
    private final TunnelLeg upstream;
    private final ByteBufferPool buffers;
    private final @Nullable TunnelFilter filter;
    private final LongSupplier nanos;
    private final String name;
    private final Runnable closed;
    private final TunnelTimers timers;
    private int depth;
    private boolean lingering;
    private boolean shut;
    private boolean told;

    /**
     * A tunnel that does not move bytes yet.
     *
     * @param client the client's connection, its 101 flushed
     * @param upstream the upstream's connection, on the same I/O thread
     * @param buffers where a read takes its buffer from
     * @param filter what the bytes go through; null for none
     * @param nanos the time, as of {@link System#nanoTime}
     * @param name for logs
     * @param closed told once of the end, never within a call of the filter
     */
    public TwoWayTunnel(
            StreamConnection client,
            StreamConnection upstream,
            ByteBufferPool buffers,
            @Nullable TunnelFilter filter,
            LongSupplier nanos,
            String name,
            Runnable closed) {
        this.client = new TunnelLeg(Side.CLIENT, client);
        this.upstream = new TunnelLeg(Side.UPSTREAM, upstream);
        this.buffers = buffers;
        this.filter = filter;
        this.nanos = nanos;
        this.name = name;
        this.closed = closed;
        this.timers = new TunnelTimers(client.getIoThread(), this::run);
    }

    /**
     * Begins to move bytes: first those that came while the connections were being switched.
     *
     * @param response the fields of the 101, for the filter
     */
    public void start(HeaderFields response) {
        run(() -> {
            listen(client);
            listen(upstream);
            if (filter != null && !shut) {
                filter.opened(this, response);
            }
            pump(client);
            pump(upstream);
        });
    }

    private void listen(TunnelLeg leg) {
        leg.connection().getSourceChannel().setReadListener(source -> run(() -> pump(leg)));
        leg.connection().getSinkChannel().setWriteListener(sink -> run(() -> advance(leg)));
        // runs at once for a connection that is closed already
        leg.connection().setCloseListener(connection -> run(leg::connectionClosed));
    }

    /** Every way in: what comes out of a turn is settled at its end, and what happens within a turn is part of it. */
    private void run(Runnable turn) {
        if (told) {
            return;
        }
        depth++;
        try {
            turn.run();
        } catch (RuntimeException | Error e) {
            LOG.error("tunnel of route {} failed", name, e);
            shut(false);
        } finally {
            if (depth == 1) {
                settle();
            }
            depth--;
        }
    }

    private void pump(TunnelLeg from) {
        while (mayRead(from)) {
            if (from.readInTurn() >= TURN) {
                yieldTurn(from);
                return;
            }
            int read = readOnce(from);
            if (read < 0) {
                ended(from);
            }
            if (read <= 0) {
                return;
            }
        }
    }

    private boolean mayRead(TunnelLeg from) {
        return !shut
                && !from.hasEnded()
                && !from.isYielding()
                && !across(from).hasKept()
                && from.keptBytes() <= MAX_KEPT_FOR_SENDER;
    }

    private int readOnce(TunnelLeg from) {
        try (PooledByteBuffer pooled = buffers.allocate()) {
            ByteBuffer bytes = pooled.getBuffer();
            int read;
            try {
                read = from.read(bytes);
            } catch (IOException e) {
                return from.isDone() ? -1 : broken();
            }
            if (read > 0) {
                bytes.flip();
                if (filter == null) {
                    send(from.side().other(), bytes);
                } else {
                    filter.received(from.side(), bytes);
                }
            }
            return read;
        }
    }

    /** Not a wake-up at once: XNIO runs its task queue until it is empty before it looks at other connections. */
    private void yieldTurn(TunnelLeg from) {
        from.yielding(true);
        timers.after(BETWEEN_TURNS, () -> {
            from.yielding(false);
            pump(from);
        });
    }

    private void ended(TunnelLeg from) {
        if (from.isBroken() || (!from.isShut() && SocketEnd.truncated(from.connection()))) {
            shut(true);
            return;
        }
        from.sourceEnded();
        lingerAfter(from);
        if (filter == null) {
            end(from.side().other());
        } else {
            filter.ended(from.side());
        }
    }

    private void lingerAfter(TunnelLeg leg) {
        if (leg == client && leg.isTls() && !lingering && !shut) {
            lingering = true;
            timers.after(LINGER, this::close);
        }
    }

    private void advance(TunnelLeg leg) {
        try {
            leg.advance();
        } catch (IOException e) {
            unwritable(leg, e);
        }
    }

    private void unwritable(TunnelLeg leg, IOException e) {
        if (leg.hasEnded()) {
            leg.discard(); // it has closed in order, and takes nothing more
        } else if (e instanceof ClosedChannelException) {
            broken();
        } else {
            leg.broken();
            timers.after(LINGER, () -> shut(true));
        }
    }

    /** A side ended abruptly: so does the other, lest it takes this for an orderly end. */
    private int broken() {
        shut(true);
        return 0;
    }

    /** The end of a turn: writes out, decides who may be read from, and closes what is over. */
    private void settle() {
        if (!shut) {
            advance(client);
            advance(upstream);
        }
        if (!shut && isOver(client) && isOver(upstream)) {
            shut(false);
        } else if (client.isLost() || upstream.isLost()) {
            shut(true);
        }
        if (shut) {
            told = true;
            closed.run();
            return;
        }
        if (client.isDone()) {
            lingerAfter(client);
        }
        client.reads(mayRead(client));
        upstream.reads(mayRead(upstream));
    }

    private static boolean isOver(TunnelLeg leg) {
        return leg.hasEnded() && leg.isDone();
    }

    private void shut(boolean abruptly) {
        if (shut) {
            return;
        }
        shut = true;
        timers.cancelAll();
        if (abruptly) {
            resetOnClose(client);
            resetOnClose(upstream);
        }
        IoUtils.safeClose(client.connection(), upstream.connection());
    }

    private static void resetOnClose(TunnelLeg leg) {
        try {
            leg.connection().setOption(Options.CLOSE_ABORT, true);
        } catch (IOException | RuntimeException e) {
            LOG.trace("a connection that has ended already", e);
        }
    }

    private TunnelLeg across(TunnelLeg leg) {
        return leg == client ? upstream : client;
    }

    private TunnelLeg leg(Side side) {
        return side == Side.CLIENT ? client : upstream;
    }

    /**
     * Asks the filter to bring the tunnel to its end; without one nothing happens.
     *
     * @param reason why
     * @param within how long it may take; positive
     */
    public void drain(DrainReason reason, Duration within) {
        run(() -> {
            if (filter != null && !shut) {
                filter.drain(reason, within);
            }
        });
    }

    @Override
    public void send(Side to, ByteBuffer bytes) {
        if (shut) {
            bytes.position(bytes.limit());
            return;
        }
        TunnelLeg leg = leg(to);
        try {
            leg.send(bytes);
        } catch (IOException e) {
            bytes.position(bytes.limit());
            unwritable(leg, e);
        }
    }

    @Override
    public void end(Side to) {
        leg(to).end();
    }

    @Override
    public void close() {
        run(() -> shut(false));
    }

    @Override
    public Runnable after(Duration delay, Runnable task) {
        return shut ? () -> {} : timers.after(delay, task);
    }

    @Override
    public long nanoTime() {
        return nanos.getAsLong();
    }

    /**
     * Bytes that came from a side.
     *
     * @param from the sender
     * @return 0 or more
     */
    public long received(Side from) {
        return leg(from).received();
    }

    /**
     * Bytes that were written to a side.
     *
     * @param to the receiver
     * @return 0 or more
     */
    public long sent(Side to) {
        return leg(to).sent();
    }
}
