package dev.tlsproxy.internal.names;

/** IPv6 addresses as RFC 5952 section 4 has them: no leading zeros, the longest run of zeros as {@code ::}, lower case. */
public final class Ipv6Text {

    private static final int GROUPS = 8;

    private Ipv6Text() {}

    /**
     * The text of an address.
     *
     * @param address its 16 bytes; of an IPv4 address that is mapped to it as well, hexadecimal
     * @return the text, without brackets and zone
     */
    public static String of(byte[] address) {
        int[] groups = new int[GROUPS];
        for (int i = 0; i < GROUPS; i++) {
            groups[i] = ((address[2 * i] & 0xFF) << 8) | (address[2 * i + 1] & 0xFF);
        }
        int from = longestRun(groups);
        int to = from + zeros(groups, from);
        if (to - from < 2) {
            return text(groups, 0, GROUPS);
        }
        return text(groups, 0, from) + "::" + text(groups, to, GROUPS);
    }

    /** Where the longest run of zeros begins, the first of equal ones. */
    private static int longestRun(int[] groups) {
        int longest = 0;
        for (int i = 1; i < GROUPS; i++) {
            if (zeros(groups, i) > zeros(groups, longest)) {
                longest = i;
            }
        }
        return longest;
    }

    private static int zeros(int[] groups, int from) {
        int to = from;
        while (to < GROUPS && groups[to] == 0) {
            to++;
        }
        return to - from;
    }

    private static String text(int[] groups, int from, int to) {
        StringBuilder text = new StringBuilder();
        for (int i = from; i < to; i++) {
            text.append(i == from ? "" : ":").append(Integer.toHexString(groups[i]));
        }
        return text.toString();
    }
}
