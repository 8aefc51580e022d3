package dev.tlsproxy.internal.upstream;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Finds the addresses of an upstream's host. Called for every new connection, never on an I/O thread; may block. */
@FunctionalInterface
public interface UpstreamResolver {

    /** The resolver of the platform. */
    UpstreamResolver SYSTEM = host -> List.of(InetAddress.getAllByName(host));

    /**
     * The addresses to try, in order.
     *
     * @param host a DNS name; IP literals are not asked for
     * @return at least one address
     * @throws UnknownHostException when there is none
     */
    List<InetAddress> resolve(String host) throws UnknownHostException;
}
