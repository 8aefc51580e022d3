package dev.tlsproxy.spi;

import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * Stands in the middle of one tunnel: every byte of either side goes through it, and only what it sends on arrives. An
 * {@link UpgradeHandler} gives one with its decision; it serves that one tunnel.
 *
 * <p>Called on the tunnel's thread, an I/O thread, never twice at once; must not block. What it throws closes the tunnel
 * and is logged.
 */
public interface TunnelFilter {

    /**
     * The upstream has answered with 101 and the tunnel is open. Called first, and not at all where it never opens.
     *
     * @param tunnel the tunnel
     * @param response the header fields of the 101 as the client gets them
     */
    void opened(Tunnel tunnel, HeaderFields response);

    /**
     * Bytes have come. Those that shall pass are sent on with {@link Tunnel#send}; none are kept by the tunnel. Not called
     * while bytes sent to the other side wait to be written, so that a filter that keeps little keeps memory bounded.
     *
     * @param from who sent them
     * @param bytes from position to limit, at least one; reused after the call
     */
    void received(Tunnel.Side from, ByteBuffer bytes);

    /**
     * A side has ended its sending in order. Nothing more comes from it. Passing that on is up to the filter, by
     * {@link Tunnel#end} of the other side.
     *
     * @param from who has ended
     */
    void ended(Tunnel.Side from);

    /**
     * The tunnel shall come to its end. What is open when the time is over is closed as it is. May be called again, with
     * less time.
     *
     * @param reason why
     * @param within how long it may take; positive
     */
    void drain(Tunnel.DrainReason reason, Duration within);

    /**
     * The end, told once for each decision that gave this filter: the tunnel has closed, or never opened because the
     * upstream refused, failed, or the client left. Nothing is called after it.
     */
    void closed();
}
