package dev.tlsproxy.tests;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/**
 * A metainfo file of one file (BEP 3).
 *
 * @param metainfo the bencoded file
 * @param infoHash SHA-1 of its info dictionary
 */
record Torrent(byte[] metainfo, byte[] infoHash) {

    private static final int PIECE = 16 * 1024;

    static Torrent of(String announce, String name, byte[] content) {
        ByteArrayOutputStream pieces = new ByteArrayOutputStream();
        for (int from = 0; from < content.length; from += PIECE) {
            MessageDigest sha1 = sha1();
            sha1.update(content, from, Math.min(PIECE, content.length - from));
            pieces.writeBytes(sha1.digest());
        }
        // private (BEP 27): peers are asked for at the tracker only
        Map<String, Object> info = new TreeMap<>(Map.of(
                "length",
                (long) content.length,
                "name",
                bytes(name),
                "piece length",
                (long) PIECE,
                "pieces",
                pieces.toByteArray(),
                "private",
                1L));
        byte[] metainfo = bencode(new TreeMap<>(Map.of("announce", bytes(announce), "info", info)));
        return new Torrent(metainfo, sha1().digest(bencode(info)));
    }

    String infoHashHex() {
        return HexFormat.of().formatHex(infoHash);
    }

    /** The info hash as a query parameter's value, every byte escaped. */
    String infoHashEscaped() {
        return HexFormat.of().withPrefix("%").formatHex(infoHash);
    }

    private static byte[] bencode(Object value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (value instanceof Long number) {
            out.writeBytes(bytes("i" + number + "e"));
        } else if (value instanceof byte[] text) {
            out.writeBytes(bytes(text.length + ":"));
            out.writeBytes(text);
        } else if (value instanceof Map<?, ?> dictionary) {
            out.write('d');
            dictionary.forEach((key, element) -> {
                out.writeBytes(bencode(bytes((String) key)));
                out.writeBytes(bencode(element));
            });
            out.write('e');
        } else {
            throw new IllegalArgumentException("no bencoding for " + value.getClass());
        }
        return out.toByteArray();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static MessageDigest sha1() {
        try {
            return MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
