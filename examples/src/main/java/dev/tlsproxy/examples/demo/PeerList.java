package dev.tlsproxy.examples.demo;

import java.io.ByteArrayOutputStream;
import java.net.Inet4Address;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** Peers as an announce's answer holds them. */
final class PeerList {

    private PeerList() {}

    /** Address and port of each as 6 bytes (BEP 23), of those with IPv6 as 18 bytes in a field of their own (BEP 7). */
    static Map<String, Object> compact(List<Peer> peers) {
        ByteArrayOutputStream v4 = new ByteArrayOutputStream();
        ByteArrayOutputStream v6 = new ByteArrayOutputStream();
        for (Peer peer : peers) {
            ByteArrayOutputStream bytes = peer.address() instanceof Inet4Address ? v4 : v6;
            bytes.writeBytes(peer.address().getAddress());
            bytes.write(peer.port() >> 8);
            bytes.write(peer.port());
        }
        return v6.size() == 0
                ? Map.of("peers", v4.toByteArray())
                : Map.of("peers", v4.toByteArray(), "peers6", v6.toByteArray());
    }

    /** A dictionary for each (BEP 3). */
    static Map<String, Object> dictionaries(List<Peer> peers) {
        return Map.of("peers", peers.stream().map(PeerList::dictionary).toList());
    }

    private static Map<String, Object> dictionary(Peer peer) {
        return Map.of(
                "ip", peer.address().getHostAddress(),
                "peer id", HexFormat.of().parseHex(peer.id()),
                "port", peer.port());
    }
}
