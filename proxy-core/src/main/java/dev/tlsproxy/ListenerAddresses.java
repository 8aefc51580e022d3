package dev.tlsproxy;

import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Where a {@link TlsProxyBuilder} was told to listen, with the defaults for what it was not told. */
final class ListenerAddresses {

    private static final int HTTPS_PORT = 443;
    private static final int HTTP_PORT = 80;

    private @Nullable InetSocketAddress https;
    private @Nullable InetSocketAddress http;
    private boolean withoutHttp;
    private @Nullable Integer publicHttpsPort;

    static InetSocketAddress allAddresses(int port) {
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("port: " + port + " (expected: 0..65535)");
        }
        return new InetSocketAddress(port);
    }

    void https(InetSocketAddress address) {
        if (https != null) {
            throw new IllegalStateException("https was already set to " + https);
        }
        https = resolved("https", address);
    }

    void http(InetSocketAddress address) {
        if (withoutHttp) {
            throw new IllegalStateException("http(" + address + ") cannot be combined with withoutHttp()");
        }
        if (http != null) {
            throw new IllegalStateException("http was already set to " + http);
        }
        http = resolved("http", address);
    }

    void withoutHttp() {
        if (http != null) {
            throw new IllegalStateException("withoutHttp() cannot be combined with http(" + http + ")");
        }
        withoutHttp = true;
    }

    void publicHttpsPort(int port) {
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("publicHttpsPort: " + port + " (expected: 1..65535)");
        }
        publicHttpsPort = port;
    }

    /** Else the second to bind would be told that some program uses its address. */
    void requireTwo() {
        http().filter(plain -> overlap(plain, https())).ifPresent(plain -> {
            throw new IllegalStateException("http: " + plain + " is also the address of https, " + https()
                    + " (expected: two addresses; choose another port, or call withoutHttp())");
        });
    }

    InetSocketAddress https() {
        return https != null ? https : new InetSocketAddress(HTTPS_PORT);
    }

    Optional<InetSocketAddress> http() {
        return withoutHttp ? Optional.empty() : Optional.of(http != null ? http : new InetSocketAddress(HTTP_PORT));
    }

    Optional<Integer> publicHttpsPort() {
        return Optional.ofNullable(publicHttpsPort);
    }

    private static boolean overlap(InetSocketAddress one, InetSocketAddress other) {
        return one.getPort() == other.getPort()
                && one.getPort() != 0
                && (one.getAddress().isAnyLocalAddress()
                        || other.getAddress().isAnyLocalAddress()
                        || one.getAddress().equals(other.getAddress()));
    }

    private static InetSocketAddress resolved(String listener, InetSocketAddress address) {
        Objects.requireNonNull(address, listener);
        if (address.isUnresolved()) {
            throw new IllegalArgumentException(listener + ": " + address.getHostString() + ":" + address.getPort()
                    + " (expected: an address of this machine)");
        }
        return address;
    }
}
