package dev.tlsproxy.internal.names;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/** A network in CIDR notation (RFC 4632, RFC 4291 section 2.3). Immutable. */
public final class Cidr {

    private final byte[] network;
    private final int prefixLength;

    private Cidr(byte[] network, int prefixLength) {
        this.network = network;
        this.prefixLength = prefixLength;
    }

    /**
     * Reads a network.
     *
     * @param text an IP address, alone or followed by a slash and a prefix length
     * @return the network
     * @throws IllegalArgumentException when it is neither, or has bits set behind its prefix
     */
    public static Cidr parse(String text) {
        int slash = text.indexOf('/');
        String address = slash < 0 ? text : text.substring(0, slash);
        if (!HostName.isIpLiteral(address)
                || (slash >= 0 && !text.substring(slash + 1).matches("[0-9]{1,3}"))) {
            throw refused(text);
        }
        byte[] bytes;
        int length;
        try {
            bytes = InetAddress.getByName(address).getAddress();
            length = slash < 0 ? bytes.length * 8 : Integer.parseInt(text.substring(slash + 1));
        } catch (UnknownHostException e) {
            throw refused(text);
        }
        if (length > bytes.length * 8) {
            throw refused(text);
        }
        Cidr cidr = new Cidr(masked(bytes, length), length);
        if (!Arrays.equals(cidr.network, bytes)) {
            throw new IllegalArgumentException(
                    "network: \"" + text + "\" has bits set behind its prefix (expected: \"" + cidr + "\")");
        }
        return cidr;
    }

    /**
     * Tells whether an address is in the network. An IPv4-mapped IPv6 address counts as the IPv4 address it holds, as
     * the JDK makes it one.
     *
     * @param address the address
     * @return true where it is
     */
    public boolean contains(InetAddress address) {
        byte[] bytes = address.getAddress();
        return bytes.length == network.length && Arrays.equals(masked(bytes, prefixLength), network);
    }

    @Override
    public String toString() {
        try {
            return InetAddress.getByAddress(network).getHostAddress() + "/" + prefixLength;
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Cidr cidr && cidr.prefixLength == prefixLength && Arrays.equals(cidr.network, network);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(network) * 31 + prefixLength;
    }

    private static byte[] masked(byte[] address, int prefixLength) {
        byte[] result = address.clone();
        for (int i = 0; i < result.length; i++) {
            int bits = Math.max(0, Math.min(8, prefixLength - i * 8));
            result[i] &= (byte) (0xFF << (8 - bits));
        }
        return result;
    }

    private static IllegalArgumentException refused(String text) {
        return new IllegalArgumentException(
                "network: \"" + text + "\" (expected: an IP address or CIDR notation such as \"10.0.0.0/8\")");
    }
}
