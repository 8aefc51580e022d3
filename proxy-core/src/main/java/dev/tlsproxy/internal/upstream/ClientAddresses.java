package dev.tlsproxy.internal.upstream;

import java.net.InetSocketAddress;
import java.util.Objects;

/**
 * Between whom a client's connection is.
 *
 * @param source the client, as the proxy understands it; port 0 where only its address is known
 * @param destination where the client connected to
 */
public record ClientAddresses(InetSocketAddress source, InetSocketAddress destination) {

    /** Refuses a connection that is gone before anyone asked for its addresses. */
    public ClientAddresses {
        Objects.requireNonNull(source, "source");
        Objects.requireNonNull(destination, "destination");
    }
}
