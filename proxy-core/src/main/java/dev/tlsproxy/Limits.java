package dev.tlsproxy;

/**
 * How many connections clients may hold open, on both listeners together. Immutable: each method returns a new value.
 * What is over a limit is closed at once, before its TLS handshake, and told to
 * {@link dev.tlsproxy.spi.ProxyEvents#connectionRefused}. What is open is never cut by a limit, but for {@link #handshakes}.
 */
public final class Limits {

    private static final Limits DEFAULTS = new Limits(20_000, 1_000, 4_000);

    private final int connections;
    private final int connectionsPerClient;
    private final int handshakes;

    private Limits(int connections, int connectionsPerClient, int handshakes) {
        this.connections = connections;
        this.connectionsPerClient = connectionsPerClient;
        this.handshakes = handshakes;
    }

    /**
     * The defaults named at each method.
     *
     * @return the defaults
     */
    public static Limits defaults() {
        return DEFAULTS;
    }

    /**
     * All connections of clients. The process needs about two file handles for each.
     *
     * @param most 1 to 1,000,000; default 20,000
     * @return new limits
     * @throws IllegalArgumentException when out of range
     */
    public Limits connections(int most) {
        return new Limits(checked("connections", most), connectionsPerClient, handshakes);
    }

    /**
     * Connections of one client: of one IPv4 address or one IPv6 network of 64 bits. With
     * {@link TlsProxyBuilder#proxyProtocol} it is the address in the PROXY header that counts. Loopback addresses and those
     * of {@link ForwardedPolicy#trustProxies} have no such limit, as many clients come from there.
     *
     * @param most 1 to 1,000,000; default 1,000
     * @return new limits
     * @throws IllegalArgumentException when out of range
     */
    public Limits connectionsPerClient(int most) {
        return new Limits(connections, checked("connectionsPerClient", most), handshakes);
    }

    /**
     * TLS handshakes under way, with those that wait for a certificate. Where there are as many, the client that has most of
     * them gives way, by its oldest, to a client that would have fewer; what counts as one client is as with
     * {@link #connectionsPerClient}. So a few clients that never end their handshakes can't keep others out.
     *
     * @param most 1 to 1,000,000; default 4,000
     * @return new limits
     * @throws IllegalArgumentException when out of range
     */
    public Limits handshakes(int most) {
        return new Limits(connections, connectionsPerClient, checked("handshakes", most));
    }

    private static int checked(String name, int most) {
        if (most < 1 || most > 1_000_000) {
            throw new IllegalArgumentException(name + ": " + most + " (expected: 1..1000000)");
        }
        return most;
    }

    int connections() {
        return connections;
    }

    int connectionsPerClient() {
        return connectionsPerClient;
    }

    int handshakes() {
        return handshakes;
    }

    @Override
    public String toString() {
        return "Limits[connections=" + connections + ", connectionsPerClient=" + connectionsPerClient + ", handshakes="
                + handshakes + "]";
    }
}
