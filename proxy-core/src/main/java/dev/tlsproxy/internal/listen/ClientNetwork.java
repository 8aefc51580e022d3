package dev.tlsproxy.internal.listen;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/**
 * What counts as one client: an IPv4 address, or the 64 bits of an IPv6 address that name a network, as a client has all
 * addresses in it (RFC 4291 section 2.5.4).
 */
record ClientNetwork(long high, boolean ipv6) {

    static ClientNetwork of(InetAddress address) {
        byte[] bytes = address.getAddress();
        int length = bytes.length == 4 ? 4 : 8;
        long high = 0;
        for (int i = 0; i < length; i++) {
            high = (high << 8) | (bytes[i] & 0xFF);
        }
        return new ClientNetwork(high, length == 8);
    }

    @Override
    public String toString() {
        byte[] bytes = new byte[ipv6 ? 16 : 4];
        int length = ipv6 ? 8 : 4;
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (high >> (8 * (length - 1 - i)));
        }
        try {
            return InetAddress.getByAddress(bytes).getHostAddress() + (ipv6 ? "/64" : "");
        } catch (UnknownHostException e) {
            throw new IllegalStateException(Arrays.toString(bytes), e);
        }
    }
}
