package dev.tlsproxy.internal.http1;

import io.undertow.util.HeaderMap;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The field lines of a head or of trailers, up to the empty line (RFC 9112 section 5): no folding, no space before the colon. */
final class FieldLines {

    /** HeaderValues breaks at 128. */
    static final int MAX_LINES_OF_A_FIELD = 100;

    private final LineReader lines;
    private final String what;
    private final int maxFields;
    private final HeaderMap fields = new HeaderMap();
    private int left;
    private int count;

    /**
     * Reads nothing yet.
     *
     * @param what for messages: "response head", "trailers"
     * @param maxBytes how many bytes the lines may have together, with their ends
     */
    FieldLines(LineReader lines, String what, int maxBytes, int maxFields) {
        this.lines = lines;
        this.what = what;
        this.left = maxBytes;
        this.maxFields = maxFields;
    }

    /** Takes bytes up to the end of the empty line, or all there are; true after the empty line. */
    boolean read(ByteBuffer in) throws MalformedResponseException {
        while (lines.read(in, left, what)) {
            left = Math.max(0, left - lines.length() - 2);
            if (lines.length() == 0) {
                return true;
            }
            add(lines.bytes(), lines.length());
        }
        return false;
    }

    HeaderMap fields() {
        return fields;
    }

    private void add(byte[] line, int length) throws MalformedResponseException {
        if (++count > maxFields) {
            throw new MalformedResponseException(what + ": more than " + maxFields + " fields");
        }
        int colon = 0;
        while (colon < length && Octets.isToken(line[colon])) {
            colon++;
        }
        if (colon == 0 || colon == length || line[colon] != ':') {
            throw new MalformedResponseException(what + ": invalid field name");
        }
        int from = colon + 1;
        int to = length;
        while (from < to && Octets.isBlank(line[from])) {
            from++;
        }
        while (to > from && Octets.isBlank(line[to - 1])) {
            to--;
        }
        for (int i = from; i < to; i++) {
            if (!Octets.isText(line[i])) {
                throw new MalformedResponseException(what + ": control character in a field value");
            }
        }
        HttpString name = name(line, colon);
        if (count > MAX_LINES_OF_A_FIELD && fields.count(name) >= MAX_LINES_OF_A_FIELD) {
            throw new MalformedResponseException(what + ": more than " + MAX_LINES_OF_A_FIELD + " lines of one field");
        }
        fields.add(name, new String(line, from, to - from, StandardCharsets.ISO_8859_1));
    }

    private static HttpString name(byte[] line, int length) {
        String text = new String(line, 0, length, StandardCharsets.ISO_8859_1);
        @Nullable HttpString known = Headers.fromCache(text);
        return known != null ? known : new HttpString(text);
    }
}
