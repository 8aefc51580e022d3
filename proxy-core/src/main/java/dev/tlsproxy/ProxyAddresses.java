package dev.tlsproxy;

import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.Optional;

/**
 * Where a started proxy listens.
 *
 * @param https the address of the HTTPS listener, with its real port
 * @param http the address of the HTTP listener, with its real port; empty where there is none
 */
public record ProxyAddresses(InetSocketAddress https, Optional<InetSocketAddress> http) {

    /** Checks that no part is null. */
    public ProxyAddresses {
        Objects.requireNonNull(https, "https");
        Objects.requireNonNull(http, "http");
    }
}
