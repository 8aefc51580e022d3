package dev.tlsproxy.internal.names;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.stream.Stream;

/** IP addresses that are of one host in the whole internet, so that a public CA may sign them (RFC 8738). */
final class PublicAddresses {

    /** The entries of IANA's registry of IPv4 special-purpose addresses (RFC 6890), multicast and what is reserved. */
    private static final List<Cidr> SPECIAL_IPV4 = networks(
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/3");

    /** The global unicast addresses that IANA gives out (RFC 4291 section 2.4). */
    private static final Cidr GLOBAL_IPV6 = Cidr.parse("2000::/3");

    /** Of these: protocol assignments, documentation (RFC 3849, RFC 9637) and 6to4. */
    private static final List<Cidr> SPECIAL_IPV6 = networks("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20");

    private PublicAddresses() {}

    static boolean contains(String literal) {
        InetAddress address;
        try {
            address = InetAddress.getByName(literal); // never looked up
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("not an IP literal: " + literal, e);
        }
        return address.getAddress().length == 4
                ? SPECIAL_IPV4.stream().noneMatch(network -> network.contains(address))
                : GLOBAL_IPV6.contains(address)
                        && SPECIAL_IPV6.stream().noneMatch(network -> network.contains(address));
    }

    private static List<Cidr> networks(String... texts) {
        return Stream.of(texts).map(Cidr::parse).toList();
    }
}
