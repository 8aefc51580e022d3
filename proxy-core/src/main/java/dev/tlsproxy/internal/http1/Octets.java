package dev.tlsproxy.internal.http1;

/** Which octets may stand where (RFC 9110 sections 5.5 and 5.6.2). */
final class Octets {

    private static final boolean[] TOKEN = new boolean[256];

    static {
        for (char c = '0'; c <= 'z'; c++) {
            TOKEN[c] = c <= '9' || c >= 'a' || (c >= 'A' && c <= 'Z');
        }
        for (char c : "!#$%&'*+-.^_`|~".toCharArray()) {
            TOKEN[c] = true;
        }
    }

    private Octets() {}

    static boolean isToken(byte octet) {
        return TOKEN[octet & 0xFF];
    }

    /** HTAB, SP, visible US-ASCII, obs-text. */
    static boolean isText(byte octet) {
        return (octet >= 0x20 && octet != 0x7F) || octet < 0 || octet == '\t';
    }

    static boolean isBlank(byte octet) {
        return octet == ' ' || octet == '\t';
    }

    /** The value of a hexadecimal digit; -1 for all else. */
    static int hex(byte octet) {
        return Character.digit(octet < 0 ? 0 : octet, 16);
    }
}
