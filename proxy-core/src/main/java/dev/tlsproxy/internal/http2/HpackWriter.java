package dev.tlsproxy.internal.http2;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Set;

/**
 * Encodes one field section (RFC 7541) without a dynamic table and without Huffman codes: an upstream is near, and an
 * encoder without a state is right whatever becomes of a request, and whatever table size the upstream wants.
 */
final class HpackWriter {

    /** Never to be put into a table by those behind either: section 7.1.3. */
    private static final Set<String> SENSITIVE = Set.of("authorization", "cookie", "proxy-authorization");

    private static final int INDEXED = 0x80;
    private static final int NEVER_INDEXED = 0x10;
    private static final int NOT_INDEXED = 0x00;
    private static final int TABLE_SIZE_0 = 0x20;

    private byte[] bytes = new byte[512];
    private int length;

    /**
     * An empty section that says that no table is used. Said each time: who lowered the size of the table waits for it
     * (section 4.2), and it is one octet.
     */
    HpackWriter() {
        octet(TABLE_SIZE_0);
    }

    /** Adds a field; {@code value} has Latin-1 only. */
    void field(String name, String value) {
        int pair = StaticTable.index(name, value);
        if (pair != 0) {
            integer(INDEXED, 7, pair);
            return;
        }
        integer(SENSITIVE.contains(name) ? NEVER_INDEXED : NOT_INDEXED, 4, StaticTable.index(name));
        if (StaticTable.index(name) == 0) {
            string(name);
        }
        string(value);
    }

    ByteBuffer block() {
        return ByteBuffer.wrap(bytes, 0, length);
    }

    private void string(String text) {
        integer(0, 7, text.length());
        for (int i = 0; i < text.length(); i++) {
            octet(text.charAt(i));
        }
    }

    private void integer(int pattern, int prefix, int value) {
        int mask = (1 << prefix) - 1;
        if (value < mask) {
            octet(pattern | value);
            return;
        }
        octet(pattern | mask);
        int rest = value - mask;
        while (rest >= 0x80) {
            octet(0x80 | (rest & 0x7F));
            rest >>>= 7;
        }
        octet(rest);
    }

    private void octet(int octet) {
        if (length == bytes.length) {
            bytes = Arrays.copyOf(bytes, 2 * length);
        }
        bytes[length++] = (byte) octet;
    }
}
