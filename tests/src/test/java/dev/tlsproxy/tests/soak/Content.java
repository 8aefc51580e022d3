package dev.tlsproxy.tests.soak;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Bodies that follow from the number of their call, so that a byte of another call's body is seen. */
final class Content {

    private Content() {}

    /** The body of the request with that number has another content than its response. */
    static long ofRequest(long id) {
        return ~id;
    }

    static byte[] bytes(long id, long from, int length) {
        byte[] content = new byte[length];
        long word = 0;
        for (int i = 0; i < length; i++) {
            long at = from + i;
            if (i == 0 || (at & 7) == 0) {
                word = mixed(id, at >>> 3);
            }
            content[i] = (byte) (word >>> (8 * (at & 7)));
        }
        return content;
    }

    static boolean matches(long id, long from, byte[] seen, int length) {
        byte[] expected = bytes(id, from, length);
        return java.util.Arrays.equals(expected, 0, length, seen, 0, length);
    }

    static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Finaliser of SplitMix64: neighbours have nothing in common. */
    private static long mixed(long id, long word) {
        long z = id * 0x9E3779B97F4A7C15L + word * 0xD1B54A32D192ED03L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
