package dev.tlsproxy.internal.listen;

import dev.tlsproxy.internal.names.HostName;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * Reads the header of the PROXY protocol, version 1 or 2, as HAProxy's proxy-protocol.txt has it. Nothing behind the header
 * is consumed. Not thread-safe.
 */
final class ProxyHeader {

    /** With CRLF; the longest that version 1 allows. */
    static final int MAX_V1 = 107;

    /** Addresses and TLVs of version 2; the latter are not looked at. */
    static final int MAX_V2_PAYLOAD = 4096;

    private static final byte[] V1 = {'P', 'R', 'O', 'X', 'Y', ' '};
    private static final byte[] V2 = {0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A};
    private static final int V2_HEADER = 16;
    private static final int VERSION_2_LOCAL = 0x20;
    private static final int VERSION_2_PROXY = 0x21;
    private static final int INET = 1;
    private static final int INET6 = 2;
    private static final int STREAM = 1;

    private final byte[] bytes = new byte[V2_HEADER + MAX_V2_PAYLOAD];
    private int count;
    private boolean done;
    private Optional<InetSocketAddress> source = Optional.empty();
    private Optional<InetSocketAddress> destination = Optional.empty();

    /**
     * Reads on.
     *
     * @return true when the header is complete
     * @throws MalformedException when it is none
     */
    boolean take(ByteBuffer more) throws MalformedException {
        while (!done && more.hasRemaining()) {
            bytes[count++] = more.get();
            look();
        }
        return done;
    }

    /** The client; empty where the proxy speaks for itself (LOCAL) or does not know (UNKNOWN). */
    Optional<InetSocketAddress> source() {
        return source;
    }

    /** Where the client connected to; there when {@link #source} is. */
    Optional<InetSocketAddress> destination() {
        return destination;
    }

    private void look() throws MalformedException {
        if (begins(V1)) {
            if (bytes[count - 1] == '\n') {
                version1(new String(bytes, 0, count, StandardCharsets.ISO_8859_1));
                done = true;
            } else if (count >= MAX_V1) {
                throw new MalformedException("the PROXY header is longer than " + MAX_V1 + " bytes");
            }
        } else if (!begins(V2)) {
            throw new MalformedException("the connection does not begin with a PROXY header");
        } else if (count >= V2_HEADER) {
            int length = ByteBuffer.wrap(bytes).getShort(14) & 0xFFFF;
            if (length > MAX_V2_PAYLOAD) {
                throw new MalformedException(
                        "the PROXY header announces " + length + " bytes (expected: at most " + MAX_V2_PAYLOAD + ")");
            }
            if (count == V2_HEADER + length) {
                version2(ByteBuffer.wrap(bytes), length);
                done = true;
            }
        }
    }

    private boolean begins(byte[] signature) {
        int length = Math.min(count, signature.length);
        return Arrays.equals(bytes, 0, length, signature, 0, length);
    }

    private void version1(String line) throws MalformedException {
        String[] parts =
                line.endsWith("\r\n") ? line.substring(0, line.length() - 2).split(" ", -1) : new String[0];
        if (parts.length >= 2 && parts[1].equals("UNKNOWN")) {
            return;
        }
        boolean ipv6 = parts.length == 6 && parts[1].equals("TCP6");
        if (parts.length != 6 || !(ipv6 || parts[1].equals("TCP4"))) {
            throw new MalformedException("the PROXY header is not of version 1");
        }
        destination = Optional.of(new InetSocketAddress(address(parts[3], ipv6), port(parts[5])));
        source = Optional.of(new InetSocketAddress(address(parts[2], ipv6), port(parts[4])));
    }

    private static InetAddress address(String text, boolean ipv6) throws MalformedException {
        if (HostName.isIpLiteral(text) && text.contains(":") == ipv6 && !text.startsWith("[")) {
            try {
                return InetAddress.getByName(text);
            } catch (UnknownHostException e) {
                // as for any other text
            }
        }
        throw new MalformedException("the PROXY header has no valid address");
    }

    private static int port(String text) throws MalformedException {
        if (text.matches("0|[1-9][0-9]{0,4}") && Integer.parseInt(text) <= 65535) {
            return Integer.parseInt(text);
        }
        throw new MalformedException("the PROXY header has no valid port");
    }

    private void version2(ByteBuffer header, int length) throws MalformedException {
        int command = header.get(12);
        int family = (header.get(13) >> 4) & 0xF;
        int transport = header.get(13) & 0xF;
        if (command == VERSION_2_LOCAL) {
            return;
        }
        if (command != VERSION_2_PROXY) {
            throw new MalformedException("the PROXY header has neither command LOCAL nor PROXY");
        }
        if (transport != STREAM || (family != INET && family != INET6)) {
            return; // UNSPEC, a datagram or a UNIX socket: no address to go by
        }
        int size = family == INET ? 4 : 16;
        if (length < 2 * size + 4) {
            throw new MalformedException("the PROXY header has no valid address");
        }
        int ports = V2_HEADER + 2 * size;
        source = Optional.of(socket(header, V2_HEADER, size, ports));
        destination = Optional.of(socket(header, V2_HEADER + size, size, ports + 2));
    }

    private static InetSocketAddress socket(ByteBuffer header, int at, int size, int portAt) {
        byte[] address = new byte[size];
        header.get(at, address);
        try {
            return new InetSocketAddress(InetAddress.getByAddress(address), header.getShort(portAt) & 0xFFFF);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What came is no PROXY header; the message is one clause. */
    static final class MalformedException extends Exception {

        private static final long serialVersionUID = 1L;

        MalformedException(String message) {
            super(message);
        }
    }
}
