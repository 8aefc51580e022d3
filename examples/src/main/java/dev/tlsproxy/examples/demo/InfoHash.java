package dev.tlsproxy.examples.demo;

import java.util.HexFormat;

/**
 * The 20 bytes that name a torrent.
 *
 * @param hex as 40 hexadecimal digits in lower case
 */
record InfoHash(String hex) {

    private static final int LENGTH = 20;

    static InfoHash of(byte[] bytes) throws Refusal {
        if (bytes.length != LENGTH) {
            throw new Refusal("info_hash has " + bytes.length + " bytes (expected: " + LENGTH + ")");
        }
        return new InfoHash(HexFormat.of().formatHex(bytes));
    }

    byte[] bytes() {
        return HexFormat.of().parseHex(hex);
    }
}
