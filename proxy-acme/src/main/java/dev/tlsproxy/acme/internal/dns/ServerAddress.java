package dev.tlsproxy.acme.internal.dns;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a name server listens.
 *
 * @param host a host name or an IP address
 * @param port 1..65535
 */
public record ServerAddress(String host, int port) {

    static final int DNS_PORT = 53;
    private static final Pattern FORM =
            Pattern.compile("(?:\\[(?<v6>[0-9A-Fa-f:.]+)]|(?<host>[A-Za-z0-9._-]+))(?::(?<port>[0-9]{1,5}))?");

    /**
     * Reads an address.
     *
     * @param text {@code HOST[:PORT]} or {@code [IPV6][:PORT]}; 53 where no port is given
     * @return the address
     * @throws IllegalArgumentException when it has another form
     */
    public static ServerAddress parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "name server: \"" + text + "\" (expected: HOST[:PORT] or [IPV6][:PORT])");
        }
        String host = matcher.group("v6") != null ? matcher.group("v6") : matcher.group("host");
        @Nullable String port = matcher.group("port");
        int number = port == null ? DNS_PORT : Integer.parseInt(port);
        if (number < 1 || number > 65535) {
            throw new IllegalArgumentException(
                    "name server: \"" + text + "\" has port " + number + " (expected: 1..65535)");
        }
        return new ServerAddress(host, number);
    }

    /** Looks the host up with the JVM's own resolver. */
    InetSocketAddress resolve() throws UnknownHostException {
        return new InetSocketAddress(InetAddress.getByName(host), port);
    }

    /** {@code HOST:PORT}, as {@link #parse} reads it. */
    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
