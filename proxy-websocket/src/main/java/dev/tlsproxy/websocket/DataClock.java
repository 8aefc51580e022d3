package dev.tlsproxy.websocket;

import dev.tlsproxy.spi.Tunnel;
import java.time.Duration;

/** Tells when no data has passed for a while, in either direction. Pings and pongs are no data. */
final class DataClock {

    private final Tunnel tunnel;
    private final Duration limit;
    private final Runnable idle;
    private long last;

    DataClock(Tunnel tunnel, Duration limit, Runnable idle) {
        this.tunnel = tunnel;
        this.limit = limit;
        this.idle = idle;
    }

    void start() {
        last = tunnel.nanoTime();
        tunnel.after(limit, this::look);
    }

    void data() {
        last = tunnel.nanoTime();
    }

    private void look() {
        Duration left = limit.minusNanos(tunnel.nanoTime() - last);
        if (left.isNegative() || left.isZero()) {
            idle.run();
        } else {
            tunnel.after(left, this::look);
        }
    }
}
