package dev.tlsproxy.examples;

import java.net.InetSocketAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads {@code ADDRESS:PORT}. */
final class ListenAddress {

    private static final Pattern FORM =
            Pattern.compile("(\\[(?<v6>[0-9A-Fa-f:.]+)]|(?<host>[^:\\[\\]]*)):(?<port>[0-9]+)");
    private static final int MAX_PORT = 65535;

    private ListenAddress() {}

    /**
     * Reads the value of an option.
     *
     * @param option the option's name, for the message
     * @param text an address or host name of this machine, an IPv6 address in brackets, or nothing for all addresses;
     *     a colon; a port
     * @return the address; unresolved where the host is unknown
     * @throws UsageException when it has another form or the port is out of range
     */
    static InetSocketAddress parse(String option, String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new UsageException(
                    option + ": \"" + text + "\" (expected: ADDRESS:PORT, [IPV6]:PORT or :PORT for all addresses)");
        }
        int port = port(option, matcher.group("port"));
        String host = matcher.group("v6") != null ? matcher.group("v6") : matcher.group("host");
        return host.isEmpty() ? new InetSocketAddress(port) : new InetSocketAddress(host, port);
    }

    private static int port(String option, String digits) {
        if (digits.length() > 9 || Integer.parseInt(digits) > MAX_PORT) {
            throw new UsageException(option + ": port " + digits + " (expected: 0..65535)");
        }
        return Integer.parseInt(digits);
    }
}
