package dev.tlsproxy.websocket;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Frames as tests write them, in hex; clients mask with {@link #KEY}. */
final class Wire {

    static final String KEY = "01020304";

    /** What the proxy masks with in tests: its source gives 0, 1, 2... anew for each key. */
    static final String PROXY_KEY = "00010203";

    private static final HexFormat HEX = HexFormat.of();

    private Wire() {}

    static String fromServer(int first, String payloadHex) {
        return HEX.toHexDigits((byte) first) + length(0, payloadHex.length() / 2) + payloadHex;
    }

    static String fromClient(int first, String payloadHex) {
        return masked(first, payloadHex, KEY);
    }

    static String masked(int first, String payloadHex, String keyHex) {
        byte[] payload = HEX.parseHex(payloadHex);
        byte[] key = HEX.parseHex(keyHex);
        for (int i = 0; i < payload.length; i++) {
            payload[i] ^= key[i % 4];
        }
        return HEX.toHexDigits((byte) first) + length(0x80, payload.length) + keyHex + HEX.formatHex(payload);
    }

    static String text(String text) {
        return HEX.formatHex(text.getBytes(StandardCharsets.UTF_8));
    }

    static String close(int code, String reason) {
        return HEX.toHexDigits((short) code) + text(reason);
    }

    static String zeros(int count) {
        return "00".repeat(count);
    }

    static ByteBuffer bytes(String hex) {
        return ByteBuffer.wrap(HEX.parseHex(hex));
    }

    private static String length(int mask, int length) {
        if (length < 126) {
            return HEX.toHexDigits((byte) (mask | length));
        }
        return length < 0x10000
                ? HEX.toHexDigits((byte) (mask | 126)) + HEX.toHexDigits((short) length)
                : HEX.toHexDigits((byte) (mask | 127)) + HEX.toHexDigits((long) length);
    }
}
