package dev.tlsproxy.internal.http2;

import io.undertow.protocols.http2.HPackHuffman;
import io.undertow.protocols.http2.HpackException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Decodes the field sections of a connection, in their order (RFC 7541). Undertow's own decoder takes no string of more than
 * 16,510 octets, and for its every other fault the connection would have to end too.
 */
final class HpackReader {

    /** As is advertised, being the default. */
    static final int TABLE_SIZE = 4096;

    private static final int OVERHEAD = 32;
    private static final int SLOTS = TABLE_SIZE / OVERHEAD;

    /** Gets each field in order, pseudo-fields too. */
    @FunctionalInterface
    interface Sink {
        void field(String name, String value);
    }

    private record Entry(String name, String value) {
        int size() {
            return name.length() + value.length() + OVERHEAD;
        }
    }

    private final Entry[] table = new Entry[SLOTS]; // a ring
    private int newest;
    private int entries;
    private int size;
    private int limit = TABLE_SIZE;

    /**
     * Decodes one whole section.
     *
     * @throws ConnectionErrorException when it can't be: then no later one can be either
     */
    void decode(ByteBuffer block, Sink sink) throws ConnectionErrorException {
        try {
            boolean begin = true;
            while (block.hasRemaining()) {
                int octet = block.get(block.position()) & 0xFF;
                if (octet >= 0x80) {
                    int index = integer(block, 7);
                    sink.field(name(index), value(index));
                } else if (octet >= 0x40) {
                    literal(block, 6, true, sink);
                } else if (octet >= 0x20) {
                    resize(integer(block, 5), begin);
                    continue;
                } else {
                    literal(block, 4, false, sink);
                }
                begin = false;
            }
        } catch (BufferUnderflowException e) {
            throw malformed("ends within a field");
        }
    }

    private void literal(ByteBuffer block, int prefix, boolean indexed, Sink sink) throws ConnectionErrorException {
        int index = integer(block, prefix);
        String name = index == 0 ? string(block) : name(index);
        String value = string(block);
        sink.field(name, value);
        if (indexed) {
            add(new Entry(name, value));
        }
    }

    private String name(int index) throws ConnectionErrorException {
        return index > 0 && index <= StaticTable.SIZE
                ? StaticTable.name(index)
                : entry(index).name();
    }

    private String value(int index) throws ConnectionErrorException {
        return index > 0 && index <= StaticTable.SIZE
                ? StaticTable.value(index)
                : entry(index).value();
    }

    private Entry entry(int index) throws ConnectionErrorException {
        int back = index - StaticTable.SIZE - 1;
        if (index == 0 || back >= entries) {
            throw malformed("an index without an entry");
        }
        return table[Math.floorMod(newest - back, SLOTS)];
    }

    private void add(Entry entry) {
        evict(limit - entry.size());
        if (entry.size() <= limit) {
            newest = (newest + 1) % SLOTS;
            table[newest] = entry;
            entries++;
            size += entry.size();
        }
    }

    private void resize(int wanted, boolean begin) throws ConnectionErrorException {
        if (!begin || wanted > TABLE_SIZE) {
            throw malformed("a wrong change of the table's size");
        }
        limit = wanted;
        evict(limit);
    }

    /** Until no more than {@code target} is left. */
    private void evict(int target) {
        while (entries > 0 && size > target) {
            int oldest = Math.floorMod(newest - entries + 1, SLOTS);
            size -= table[oldest].size();
            entries--;
        }
    }

    /** Section 5.1. More than fits no block either. */
    private static int integer(ByteBuffer block, int prefix) throws ConnectionErrorException {
        int mask = (1 << prefix) - 1;
        int value = block.get() & mask;
        if (value < mask) {
            return value;
        }
        for (int shift = 0; shift <= 21; shift += 7) {
            int octet = block.get();
            value += (octet & 0x7F) << shift;
            if (octet >= 0) {
                return value;
            }
        }
        throw malformed("an integer that is too large");
    }

    /** Section 5.2. */
    private static String string(ByteBuffer block) throws ConnectionErrorException {
        boolean huffman = block.hasRemaining() && block.get(block.position()) < 0;
        int length = integer(block, 7);
        if (length > block.remaining()) {
            throw malformed("ends within a field");
        }
        if (!huffman) {
            byte[] octets = new byte[length];
            block.get(octets);
            return new String(octets, StandardCharsets.ISO_8859_1);
        }
        StringBuilder text = new StringBuilder(2 * length);
        try {
            HPackHuffman.decode(block, length, text);
        } catch (HpackException e) {
            throw malformed("a wrong Huffman code");
        }
        return text.toString();
    }

    private static ConnectionErrorException malformed(String fault) {
        return new ConnectionErrorException(Frame.COMPRESSION_ERROR, "HPACK: " + fault);
    }
}
