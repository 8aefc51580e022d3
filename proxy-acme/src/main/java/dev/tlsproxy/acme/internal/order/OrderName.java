package dev.tlsproxy.acme.internal.order;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.regex.Pattern;
import org.shredzone.acme4j.Identifier;

/**
 * What a certificate is ordered for.
 *
 * @param text as the caller wrote it
 * @param address for an IP address
 */
record OrderName(String text, Optional<InetAddress> address) {

    private static final Pattern ADDRESS = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");

    static OrderName of(String text) {
        if (!ADDRESS.matcher(text).matches()) {
            return new OrderName(text, Optional.empty());
        }
        try {
            return new OrderName(text, Optional.of(InetAddress.getByName(text))); // literal: asks no DNS
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("name: \"" + text + "\" (expected: a host name or an IP address)", e);
        }
    }

    boolean isWildcard() {
        return text.startsWith("*.");
    }

    boolean isAddress() {
        return address.isPresent();
    }

    /** The name of an authorization: a wildcard's is its parent (RFC 8555 section 7.1.3). */
    String host() {
        return isWildcard() ? text.substring(2) : text;
    }

    Identifier identifier() {
        return address.map(Identifier::ip).orElseGet(() -> Identifier.dns(text));
    }

    /** As it is in a certified key's names. */
    String certified() {
        return address.map(InetAddress::getHostAddress).orElse(text);
    }

    /** What a CA sends as server name for tls-alpn-01: for an address its reverse DNS name (RFC 8738 section 6). */
    String serverName() {
        return address.map(OrderName::reverse).orElse(host());
    }

    private static String reverse(InetAddress address) {
        byte[] bytes = address.getAddress();
        StringBuilder name = new StringBuilder();
        for (int i = bytes.length - 1; i >= 0; i--) {
            int value = bytes[i] & 0xff;
            if (address instanceof Inet6Address) {
                name.append(Integer.toHexString(value & 0xf)).append('.');
                name.append(Integer.toHexString(value >> 4)).append('.');
            } else {
                name.append(value).append('.');
            }
        }
        return name.append(address instanceof Inet6Address ? "ip6.arpa" : "in-addr.arpa")
                .toString();
    }

    @Override
    public String toString() {
        return text;
    }
}
