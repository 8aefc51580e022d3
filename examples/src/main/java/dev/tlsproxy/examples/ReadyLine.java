package dev.tlsproxy.examples;

import dev.tlsproxy.ProxyAddresses;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Optional;

/** The one line by which a script learns that the proxy listens, and where. */
final class ReadyLine {

    private ReadyLine() {}

    /**
     * The line.
     *
     * @param addresses where the proxy listens
     * @param ca the CA file, last because its path may hold spaces
     * @return {@code ready https=HOST:PORT http=HOST:PORT ca=FILE}, with {@code none} for what there is not
     */
    static String of(ProxyAddresses addresses, Optional<Path> ca) {
        return "ready https=" + text(addresses.https())
                + " http=" + addresses.http().map(ReadyLine::text).orElse("none")
                + " ca=" + ca.map(Path::toString).orElse("none");
    }

    private static String text(InetSocketAddress address) {
        String host = address.getAddress().getHostAddress();
        return (address.getAddress() instanceof Inet6Address ? "[" + host + "]" : host) + ":" + address.getPort();
    }
}
