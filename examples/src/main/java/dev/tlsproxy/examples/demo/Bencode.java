package dev.tlsproxy.examples.demo;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Bencoding (BEP 3): whole numbers, byte strings, lists, and dictionaries whose keys are sorted as raw bytes. */
final class Bencode {

    private Bencode() {}

    /**
     * Encodes a value.
     *
     * @param value an Integer, a Long, a byte array, a String (as UTF-8), a List, or a Map whose keys are byte arrays or
     *     Strings
     * @return its bytes
     * @throws IllegalArgumentException for a value of another kind
     */
    static byte[] encode(Object value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        write(value, out);
        return out.toByteArray();
    }

    /** An empty dictionary with byte strings as keys. */
    static Map<byte[], Object> dictionary() {
        return new TreeMap<>(Arrays::compareUnsigned);
    }

    private static void write(Object value, ByteArrayOutputStream out) {
        if (value instanceof Integer || value instanceof Long) {
            out.writeBytes(ascii("i" + value + "e"));
        } else if (value instanceof List<?> list) {
            out.write('l');
            list.forEach(item -> write(item, out));
            out.write('e');
        } else if (value instanceof Map<?, ?> map) {
            Map<byte[], Object> sorted = dictionary();
            map.forEach((key, item) -> sorted.put(string(key), item));
            out.write('d');
            sorted.forEach((key, item) -> {
                write(key, out);
                write(item, out);
            });
            out.write('e');
        } else {
            byte[] bytes = string(value);
            out.writeBytes(ascii(bytes.length + ":"));
            out.writeBytes(bytes);
        }
    }

    private static byte[] string(Object value) {
        if (value instanceof byte[] bytes) {
            return bytes;
        }
        if (value instanceof String text) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        throw new IllegalArgumentException(
                value.getClass().getName() + " (expected: Integer, Long, String, byte[], List or Map)");
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
