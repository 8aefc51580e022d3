package dev.tlsproxy.internal.http1;

/** Which octets may stand where (RFC 9110 sections 5.5 and 5.6.2). */
public final class Octets {

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

    /**
     * Whether it may stand in a token.
     *
     * @param octet any
     * @return true for {@code tchar}
     */
    public static boolean isToken(byte octet) {
        return TOKEN[octet & 0xFF];
    }

    /**
     * Whether it may stand in a field value.
     *
     * @param octet any
     * @return true for HTAB, SP, visible US-ASCII, obs-text
     */
    public static boolean isText(byte octet) {
        return (octet >= 0x20 && octet != 0x7F) || octet < 0 || octet == '\t';
    }

    /**
     * Whether it is white space.
     *
     * @param octet any
     * @return true for SP and HTAB
     */
    public static boolean isBlank(byte octet) {
        return octet == ' ' || octet == '\t';
    }

    /** The value of a hexadecimal digit; -1 for all else. */
    static int hex(byte octet) {
        return Character.digit(octet < 0 ? 0 : octet, 16);
    }
}
