package dev.tlsproxy.examples.demo;

import java.util.HexFormat;
import java.util.List;

/**
 * One announce (BEP 3).
 *
 * @param torrent which torrent
 * @param peerId the peer's own 20 bytes, as hexadecimal digits
 * @param port where the peer listens, 1..65535
 * @param left how many bytes the peer has not got; 0 for a seeder
 * @param event why it announces
 * @param wanted how many peers it wants at most
 * @param compact whether it takes peers as bytes (BEP 23), which is so unless it says no
 */
record Announce(InfoHash torrent, String peerId, int port, long left, Event event, int wanted, boolean compact) {

    private static final int PEER_ID_LENGTH = 20;
    private static final int MOST_WANTED = 74;

    enum Event {
        NONE,
        STARTED,
        COMPLETED,
        STOPPED
    }

    static Announce parse(RawQuery query) throws Refusal {
        List<InfoHash> hashes = query.infoHashes();
        if (hashes.size() != 1) {
            throw new Refusal(hashes.isEmpty() ? "missing param info_hash" : "more than one param info_hash");
        }
        byte[] peerId = query.bytes("peer_id").orElseThrow(() -> new Refusal("missing param peer_id"));
        if (peerId.length != PEER_ID_LENGTH) {
            throw new Refusal("peer_id has " + peerId.length + " bytes (expected: " + PEER_ID_LENGTH + ")");
        }
        int port = (int) query.number("port", 65535, 0);
        if (port == 0) {
            throw new Refusal("missing param port");
        }
        return new Announce(
                hashes.get(0),
                HexFormat.of().formatHex(peerId),
                port,
                query.number("left", Long.MAX_VALUE, 0),
                event(query.text("event").orElse("")),
                (int) Math.min(query.number("numwant", Integer.MAX_VALUE, MOST_WANTED), MOST_WANTED),
                query.number("compact", 1, 1) == 1);
    }

    private static Event event(String text) throws Refusal {
        return switch (text) {
            case "", "empty" -> Event.NONE;
            case "started" -> Event.STARTED;
            case "completed" -> Event.COMPLETED;
            case "stopped" -> Event.STOPPED;
            default -> throw new Refusal("invalid param event (expected: started, stopped, completed or empty)");
        };
    }
}
