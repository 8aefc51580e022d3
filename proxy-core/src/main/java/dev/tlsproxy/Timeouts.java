package dev.tlsproxy;

import java.time.Duration;
import java.util.Objects;

/**
 * How long the proxy waits, and for what. Immutable: each method returns a new value. Every time must be 1 ms to 1 day.
 *
 * <p>There is no limit on the whole of a response, none on a WebSocket tunnel, and none on a silent
 * {@code text/event-stream} response or gRPC call that has begun to respond.
 */
public final class Timeouts {

    private static final Timeouts DEFAULTS = new Timeouts(
            Duration.ofSeconds(10),
            Duration.ofSeconds(30),
            Duration.ofSeconds(60),
            Duration.ofSeconds(60),
            Duration.ofSeconds(5),
            Duration.ofSeconds(3));

    private final Duration handshake;
    private final Duration requestHead;
    private final Duration keepAlive;
    private final Duration bodyIdle;
    private final Duration connect;
    private final Duration upstreamIdle;

    private Timeouts(
            Duration handshake,
            Duration requestHead,
            Duration keepAlive,
            Duration bodyIdle,
            Duration connect,
            Duration upstreamIdle) {
        this.handshake = handshake;
        this.requestHead = requestHead;
        this.keepAlive = keepAlive;
        this.bodyIdle = bodyIdle;
        this.connect = connect;
        this.upstreamIdle = upstreamIdle;
    }

    /**
     * The defaults named at each method.
     *
     * @return the defaults
     */
    public static Timeouts defaults() {
        return DEFAULTS;
    }

    /**
     * From accepting a connection to the end of its TLS handshake; a PROXY header has that time to itself.
     *
     * @param time default 10 s
     * @return new time-outs
     * @throws IllegalArgumentException when out of range
     */
    public Timeouts handshake(Duration time) {
        return new Timeouts(checked("handshake", time), requestHead, keepAlive, bodyIdle, connect, upstreamIdle);
    }

    /**
     * From the first to the last byte of a request head.
     *
     * @param time default 30 s
     * @return new time-outs
     * @throws IllegalArgumentException when out of range
     */
    public Timeouts requestHead(Duration time) {
        return new Timeouts(handshake, checked("requestHead", time), keepAlive, bodyIdle, connect, upstreamIdle);
    }

    /**
     * How long a client connection without a request stays open.
     *
     * @param time default 60 s
     * @return new time-outs
     * @throws IllegalArgumentException when out of range
     */
    public Timeouts keepAlive(Duration time) {
        return new Timeouts(handshake, requestHead, checked("keepAlive", time), bodyIdle, connect, upstreamIdle);
    }

    /**
     * How long a request or response body may make no progress. Any byte is progress, but for a request body (other than
     * gRPC's) whose response has not begun: that has to bring a byte for each second of this time.
     *
     * @param time default 60 s
     * @return new time-outs
     * @throws IllegalArgumentException when out of range
     */
    public Timeouts bodyIdle(Duration time) {
        return new Timeouts(handshake, requestHead, keepAlive, checked("bodyIdle", time), connect, upstreamIdle);
    }

    /**
     * For a TCP connection, and for an {@code https} upstream its TLS handshake, to an upstream.
     *
     * @param time default 5 s
     * @return new time-outs
     * @throws IllegalArgumentException when out of range
     */
    public Timeouts connect(Duration time) {
        return new Timeouts(handshake, requestHead, keepAlive, bodyIdle, checked("connect", time), upstreamIdle);
    }

    /**
     * How long an idle connection to an upstream is kept for reuse: less than the upstream's own keep-alive time.
     *
     * @param time default 3 s (the Torrust tracker closes at 5 s)
     * @return new time-outs
     * @throws IllegalArgumentException when out of range
     */
    public Timeouts upstreamIdle(Duration time) {
        return new Timeouts(handshake, requestHead, keepAlive, bodyIdle, connect, checked("upstreamIdle", time));
    }

    Duration handshake() {
        return handshake;
    }

    Duration requestHead() {
        return requestHead;
    }

    Duration keepAlive() {
        return keepAlive;
    }

    Duration bodyIdle() {
        return bodyIdle;
    }

    Duration connect() {
        return connect;
    }

    Duration upstreamIdle() {
        return upstreamIdle;
    }

    static Duration checked(String what, Duration time) {
        Objects.requireNonNull(time, what);
        if (time.compareTo(Duration.ofMillis(1)) < 0 || time.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException(what + ": " + time + " (expected: PT0.001S..PT24H)");
        }
        return time;
    }
}
