package dev.tlsproxy.internal.http;

import dev.tlsproxy.internal.names.HostName;
import dev.tlsproxy.internal.names.Ipv6Text;
import io.undertow.util.HeaderValues;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** IP addresses as forwarding fields write them. */
final class PeerAddress {

    private PeerAddress() {}

    /**
     * The address alone: no port, no brackets, no zone, IPv4 where IPv6 only wraps it (RFC 4291 section 2.5.5.2), else
     * IPv6 in the one form (RFC 5952) that upstreams compare as text.
     */
    static String bare(InetAddress address) {
        return address instanceof Inet6Address ? Ipv6Text.of(address.getAddress()) : address.getHostAddress();
    }

    /**
     * The valid addresses of all lines of X-Forwarded-For, bare, in order. Others ({@code unknown}, names) are left out,
     * as recipients skip them.
     */
    static List<String> list(@Nullable HeaderValues lines) {
        List<String> result = new ArrayList<>();
        if (lines != null) {
            for (String line : lines) {
                for (String element : line.split(",")) {
                    parse(element.strip()).map(PeerAddress::bare).ifPresent(result::add);
                }
            }
        }
        return result;
    }

    /** Reads an address. Some proxies add the port: {@code 192.0.2.1:5678}, {@code [2001:db8::1]:5678}. */
    static Optional<InetAddress> parse(String text) {
        String literal = withoutPort(text);
        if (!HostName.isIpLiteral(literal)) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.getByName(literal));
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }

    private static String withoutPort(String text) {
        int colon = text.lastIndexOf(':');
        boolean bracketed = text.startsWith("[") && colon == text.indexOf(']') + 1;
        boolean ipv4 = colon >= 0 && text.indexOf('.') >= 0 && text.indexOf(':') == colon;
        return bracketed || ipv4 ? text.substring(0, colon) : text;
    }
}
