package dev.tlsproxy.spi;

import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * An open tunnel, as its {@link TunnelFilter} drives it. Used on the tunnel's own thread only: the one on which the
 * filter's methods and the tasks of {@link #after} are called, never two at once. Never blocks.
 */
public interface Tunnel {

    /** Who sends or receives. */
    enum Side {
        /** The client. */
        CLIENT,
        /** The upstream. */
        UPSTREAM;

        /**
         * The side across the tunnel.
         *
         * @return the other of the two
         */
        public Side other() {
            return this == CLIENT ? UPSTREAM : CLIENT;
        }
    }

    /** Why a tunnel is asked to come to its end. */
    enum DrainReason {
        /** The proxy closes. */
        PROXY_CLOSES,
        /** Its route was removed, or is no longer what the tunnel was opened under. */
        ROUTE_CHANGED
    }

    /**
     * Sends bytes to a side, after all that was sent to it before. What can't be written at once is kept, and nothing is
     * read from the other side until it is written. Does nothing after {@link #end} of that side or {@link #close}.
     *
     * @param to the receiver
     * @param bytes from position to limit; consumed when this returns, its content is never changed
     */
    void send(Side to, ByteBuffer bytes);

    /**
     * Ends the sending to a side, after what was sent to it: it sees the end of the stream (close_notify, FIN). What it
     * still sends is read. The tunnel closes when both sides have been ended so and have ended themselves.
     *
     * @param to the receiver
     */
    void end(Side to);

    /** Closes both connections at once; what was not yet written is lost. {@link TunnelFilter#closed} follows. */
    void close();

    /**
     * Runs a task later, unless the tunnel has closed by then.
     *
     * @param delay nothing or less means as soon as possible
     * @param task what to run
     * @return cancels the task; harmless when it has run
     */
    Runnable after(Duration delay, Runnable task);

    /**
     * The time that {@link #after} goes by.
     *
     * @return as of {@link System#nanoTime}
     */
    long nanoTime();
}
