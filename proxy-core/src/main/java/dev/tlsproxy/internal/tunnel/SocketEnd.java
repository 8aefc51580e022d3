package dev.tlsproxy.internal.tunnel;

import java.io.IOException;
import org.xnio.Option;
import org.xnio.StreamConnection;

/**
 * Tells an end of TLS (close_notify) from a socket that ended without one: Undertow gives both as the end of the stream.
 * What lies under TLS answers the option: once TLS has read a close_notify it reads no more, so that an end seen there is a
 * truncation (RFC 8446 section 6.1).
 */
public final class SocketEnd {

    /** Whether the end of the socket was read; not supported by what is no TLS connection. */
    public static final Option<Boolean> OPTION = Option.simple(SocketEnd.class, "SOCKET_END", Boolean.class);

    private SocketEnd() {}

    static boolean truncated(StreamConnection connection) {
        try {
            return Boolean.TRUE.equals(connection.getOption(OPTION));
        } catch (IOException e) {
            return true;
        }
    }
}
