package dev.tlsproxy.internal.upstream;

import dev.tlsproxy.internal.names.Ipv6Text;
import java.io.ByteArrayOutputStream;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/**
 * A version of the PROXY protocol, and its header as HAProxy's proxy-protocol.txt has it. A header has one address family:
 * where only one of the two addresses is IPv4, it is written as the IPv6 address it is mapped to (RFC 4291 section 2.5.5.2).
 */
public enum ProxyHeaderVersion {

    /** The line of text. */
    V1 {
        @Override
        byte[] announcing(ClientAddresses client) {
            boolean ipv4 = isIpv4(client);
            String line = "PROXY " + (ipv4 ? "TCP4" : "TCP6") + " " + text(client.source(), ipv4) + " "
                    + text(client.destination(), ipv4) + " " + client.source().getPort() + " "
                    + client.destination().getPort() + "\r\n";
            return line.getBytes(StandardCharsets.US_ASCII);
        }

        @Override
        byte[] local(ClientAddresses own) {
            return announcing(own); // section 2.1: receivers may refuse UNKNOWN, so a sender names its own connection
        }
    },

    /** The binary form. */
    V2 {
        @Override
        byte[] announcing(ClientAddresses client) {
            boolean ipv4 = isIpv4(client);
            byte[] source = bytes(client.source().getAddress(), ipv4);
            byte[] destination = bytes(client.destination().getAddress(), ipv4);
            ByteArrayOutputStream header = version2(PROXY, ipv4 ? TCP_OVER_IPV4 : TCP_OVER_IPV6, 2 * source.length + 4);
            header.writeBytes(source);
            header.writeBytes(destination);
            writeShort(header, client.source().getPort());
            writeShort(header, client.destination().getPort());
            return header.toByteArray();
        }

        @Override
        byte[] local(ClientAddresses own) {
            return version2(LOCAL, UNSPECIFIED, 0).toByteArray();
        }
    };

    private static final byte[] SIGNATURE = {0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A};
    private static final int LOCAL = 0x20;
    private static final int PROXY = 0x21;
    private static final int UNSPECIFIED = 0x00;
    private static final int TCP_OVER_IPV4 = 0x11;
    private static final int TCP_OVER_IPV6 = 0x21;

    /** The header of a connection on behalf of a client. */
    abstract byte[] announcing(ClientAddresses client);

    /** The header of a connection of the proxy's own, which is between these addresses. */
    abstract byte[] local(ClientAddresses own);

    private static boolean isIpv4(ClientAddresses client) {
        return client.source().getAddress() instanceof Inet4Address
                && client.destination().getAddress() instanceof Inet4Address;
    }

    private static ByteArrayOutputStream version2(int command, int family, int length) {
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        header.writeBytes(SIGNATURE);
        header.write(command);
        header.write(family);
        writeShort(header, length);
        return header;
    }

    private static void writeShort(ByteArrayOutputStream to, int value) {
        to.write(value >> 8);
        to.write(value);
    }

    private static String text(InetSocketAddress socket, boolean ipv4) {
        InetAddress address = socket.getAddress();
        return ipv4 ? address.getHostAddress() : Ipv6Text.of(bytes(address, false));
    }

    private static byte[] bytes(InetAddress address, boolean ipv4) {
        byte[] own = address.getAddress();
        if (ipv4 || own.length == 16) {
            return own;
        }
        byte[] mapped = new byte[16];
        mapped[10] = (byte) 0xFF;
        mapped[11] = (byte) 0xFF;
        System.arraycopy(own, 0, mapped, 12, own.length);
        return mapped;
    }
}
