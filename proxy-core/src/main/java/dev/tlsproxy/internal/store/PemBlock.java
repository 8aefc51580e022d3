package dev.tlsproxy.internal.store;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One block of a PEM file (RFC 7468; header lines as in RFC 1421). May hold a key: has no toString of its own. */
final class PemBlock {

    private static final Pattern BEGIN = Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----");
    private static final String UTF8_BOM_AS_LATIN1 = "\u00ef\u00bb\u00bf";

    private final String type;
    private final int line;
    private final boolean encrypted;
    private final byte[] der;

    private PemBlock(String type, int line, boolean encrypted, byte[] der) {
        this.type = type;
        this.line = line;
        this.encrypted = encrypted;
        this.der = der;
    }

    static List<PemBlock> parse(String label, byte[] bytes) {
        // Latin-1 takes every byte: the text around the blocks may be in any encoding.
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        if (text.startsWith(UTF8_BOM_AS_LATIN1)) {
            text = text.substring(UTF8_BOM_AS_LATIN1.length());
        }
        String[] lines = text.split("\r\n|\r|\n", -1);
        List<PemBlock> blocks = new ArrayList<>();
        int next = 0;
        while (next < lines.length) {
            String line = lines[next].strip();
            Matcher begin = BEGIN.matcher(line);
            if (begin.matches()) {
                int end = endOf(label, begin.group(1), lines, next);
                blocks.add(decode(label, begin.group(1), lines, next, end));
                next = end;
            } else if (line.startsWith("-----BEGIN") || line.startsWith("-----END")) {
                throw damaged(label, next, "a BEGIN or END line out of place");
            }
            next++;
        }
        return blocks;
    }

    /** What the BEGIN line says: {@code CERTIFICATE}. */
    String type() {
        return type;
    }

    /** The number of the BEGIN line, from 1. */
    int line() {
        return line;
    }

    /** Whether a header says that the content is encrypted, as OpenSSL's old key files do. */
    boolean encrypted() {
        return encrypted;
    }

    /** The content, not copied. */
    byte[] der() {
        return der;
    }

    private static int endOf(String label, String type, String[] lines, int begin) {
        String expected = "-----END " + type + "-----";
        for (int i = begin + 1; i < lines.length; i++) {
            String line = lines[i].strip();
            if (line.equals(expected)) {
                return i;
            }
            if (line.startsWith("-----")) {
                throw damaged(label, i, "no line " + expected + " of its own");
            }
        }
        throw damaged(label, begin, "the block has no line " + expected);
    }

    private static PemBlock decode(String label, String type, String[] lines, int begin, int end) {
        StringBuilder base64 = new StringBuilder();
        boolean encrypted = false;
        for (int i = begin + 1; i < end; i++) {
            if (lines[i].indexOf(':') >= 0) {
                encrypted |= lines[i].startsWith("Proc-Type:") && lines[i].contains("ENCRYPTED");
            } else {
                base64.append(lines[i].strip());
            }
        }
        byte[] der;
        try {
            der = Base64.getDecoder().decode(base64.toString());
        } catch (IllegalArgumentException e) {
            // its message names a character of what may be a key
            throw damaged(label, begin, "the block is not base64");
        }
        if (der.length == 0) {
            throw damaged(label, begin, "the block is empty");
        }
        return new PemBlock(type, begin + 1, encrypted, der);
    }

    private static IllegalArgumentException damaged(String label, int index, String problem) {
        return new IllegalArgumentException(label + " is damaged at line " + (index + 1) + ": " + problem
                + " (expected: an unchanged PEM file; copy it again)");
    }
}
