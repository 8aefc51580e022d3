package dev.tlsproxy.examples;

import dev.tlsproxy.ProxyAddresses;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;

/** What the demo prints once it listens. */
final class DemoText {

    private static final String ANNOUNCE =
            "/announce?info_hash=%00%01%02%03%04%05%06%07%08%09%0A%0B%0C%0D%0E%0F%10%11%12%13"
                    + "&peer_id=-XX0001-abcdefghijkl&port=6881&left=0";

    private DemoText() {}

    /**
     * The URLs, the CA file and commands to paste.
     *
     * @param addresses where the proxy listens
     * @param ca the CA file
     * @return several lines
     */
    static String of(ProxyAddresses addresses, Path ca) {
        int port = addresses.https().getPort();
        return """

                JSON API      %s
                HTTP tracker  %s
                Live page     %s

                The certificates are signed by a CA made for this demo, that nothing trusts yet: %s
                Import it in your browser, or click its warning away. These commands verify with it:

                %s
                %s

                Ctrl-C ends the demo.
                """.formatted(
                        url(DemoCommand.API_HOST, port, "/api/v1/stats"),
                        url(DemoCommand.TRACKER_HOST, port, "/announce"),
                        url(DemoCommand.LIVE_HOST, port, "/"),
                        ca,
                        curl(addresses.https(), ca, DemoCommand.API_HOST, "/api/v1/stats"),
                        curl(addresses.https(), ca, DemoCommand.TRACKER_HOST, ANNOUNCE));
    }

    private static String url(String host, int port, String target) {
        return "https://" + host + (port == 443 ? "" : ":" + port) + target;
    }

    /** curl before 7.78 asks the DNS for *.localhost, and some systems' resolvers do not know it: so --resolve. */
    private static String curl(InetSocketAddress https, Path ca, String host, String target) {
        return "curl --cacert " + quoted(ca.toString()) + " --resolve " + host + ":" + https.getPort() + ":"
                + reachable(https.getAddress()) + " " + quoted(url(host, https.getPort(), target));
    }

    private static String reachable(InetAddress listening) {
        if (listening.isAnyLocalAddress()) {
            return "127.0.0.1";
        }
        return listening instanceof Inet6Address ? "[" + listening.getHostAddress() + "]" : listening.getHostAddress();
    }

    private static String quoted(String word) {
        return "'" + word.replace("'", "'\\''") + "'";
    }
}
