package dev.tlsproxy.websocket;

import dev.tlsproxy.spi.Tunnel;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * Pings one side when nothing has come from it for a while. Any bytes are a sign of life: a peer in the middle of a
 * large frame can't answer before its end. A ping of the other side that passes counts as one of ours, because a peer
 * may answer the latest of several only (RFC 6455 section 5.5.3).
 */
final class KeepAlive {

    private final Tunnel tunnel;
    private final Duration interval;
    private final BooleanSupplier over;
    private final Runnable ping;
    private final Runnable dead;
    private long heard;
    private long asked;
    private boolean asking;
    private boolean due;

    /**
     * Not yet running.
     *
     * @param tunnel gives time
     * @param interval how long the side may be silent, and then how long it may take to answer
     * @param over whether the side has been told to close, or has ended
     * @param ping asks for {@link #sent} at the next frame border
     * @param dead no answer has come
     */
    KeepAlive(Tunnel tunnel, Duration interval, BooleanSupplier over, Runnable ping, Runnable dead) {
        this.tunnel = tunnel;
        this.interval = interval;
        this.over = over;
        this.ping = ping;
        this.dead = dead;
    }

    void start() {
        heard = tunnel.nanoTime();
        tunnel.after(interval, this::look);
    }

    void heard() {
        heard = tunnel.nanoTime();
        asking = false;
        due = false;
    }

    /** A ping waits for a frame border. */
    boolean due() {
        return due;
    }

    /** A ping has gone to the side, whoever's it is. */
    void sent() {
        due = false;
        if (!asking) {
            asking = true;
            asked = tunnel.nanoTime();
        }
    }

    private void look() {
        if (over.getAsBoolean()) {
            return;
        }
        Duration left = interval.minusNanos(tunnel.nanoTime() - (asking ? asked : heard));
        boolean late = left.isNegative() || left.isZero();
        if (late && asking) {
            dead.run();
            return;
        }
        if (late) {
            due = true;
            ping.run();
        }
        tunnel.after(late ? interval : left, this::look);
    }
}
