package dev.tlsproxy.internal.tunnel;

import java.io.IOException;
import org.xnio.Option;
import org.xnio.StreamConnection;

/** What a tunnel needs to know of, and to ask of, the socket under a client's TLS. */
public final class SocketEnd {

    /**
     * Whether the end of the socket was read; not supported by what is no TLS connection. Tells an end of TLS (close_notify)
     * from a socket that ended without one, as Undertow gives both as the end of the stream: once TLS has read a
     * close_notify it reads no more, so that an end seen below it is a truncation (RFC 8446 section 6.1).
     */
    public static final Option<Boolean> READ = Option.simple(SocketEnd.class, "READ", Boolean.class);

    /**
     * Set before the sending ends in order: the socket is then closed when the peer has ended its side too, or soon after,
     * as RFC 9112 section 9.6 has it. Else what the peer still sends meets a closed socket, and the reset that answers it
     * takes away what the peer has not read yet.
     */
    public static final Option<Boolean> CLOSE_IN_STAGES =
            Option.simple(SocketEnd.class, "CLOSE_IN_STAGES", Boolean.class);

    private SocketEnd() {}

    static boolean truncated(StreamConnection connection) {
        try {
            return Boolean.TRUE.equals(connection.getOption(READ));
        } catch (IOException e) {
            return true;
        }
    }
}
