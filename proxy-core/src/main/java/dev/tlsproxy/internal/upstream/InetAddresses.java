package dev.tlsproxy.internal.upstream;

import dev.tlsproxy.internal.names.HostName;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** IP literals, which need no look-up. */
final class InetAddresses {

    private InetAddresses() {}

    static boolean isLiteral(String uriHost, String bare) {
        // a bracketed host is always a literal, also one with a zone
        return uriHost.startsWith("[") || HostName.isIpLiteral(bare);
    }

    static List<InetAddress> literal(String literal) throws UnknownHostException {
        return List.of(InetAddress.getByName(literal));
    }
}
