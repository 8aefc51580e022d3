package dev.tlsproxy.internal.http;

import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.util.Set;

/** Which field names and values are well formed (RFC 9110 sections 5.1 and 5.5, RFC 9113 sections 8.2.1 and 8.2.2). */
final class FieldRules {

    private static final boolean[] TOKEN = new boolean[128];

    static {
        for (char c = '0'; c <= 'z'; c++) {
            TOKEN[c] = c <= '9' || c >= 'a' || (c >= 'A' && c <= 'Z');
        }
        for (char c : "!#$%&'*+-.^_`|~".toCharArray()) {
            TOKEN[c] = true;
        }
    }

    /** RFC 9113 section 8.2.2. Undertow refuses Connection and Transfer-Encoding itself, and lets the others pass. */
    private static final Set<HttpString> NOT_IN_HTTP2 = Set.of(
            Headers.CONNECTION,
            new HttpString("Keep-Alive"),
            new HttpString("Proxy-Connection"),
            Headers.TRANSFER_ENCODING,
            Headers.UPGRADE);

    private FieldRules() {}

    /**
     * Judges all fields of a head.
     *
     * @throws Refusal 400
     */
    static void check(RequestHead head) {
        HeaderMap fields = head.fields();
        for (long i = fields.fastIterateNonEmpty(); i != -1L; i = fields.fiNextNonEmpty(i)) {
            HeaderValues values = fields.fiCurrent(i);
            if (!isToken(values.getHeaderName())) {
                throw Refusal.badRequest("invalid field name");
            }
            for (int line = 0; line < values.size(); line++) {
                if (!isValue(values.get(line), head.http2())) {
                    throw Refusal.badRequest("invalid field value");
                }
            }
            if (head.http2()) {
                http2(values);
            }
        }
    }

    private static void http2(HeaderValues values) {
        HttpString name = values.getHeaderName();
        if (NOT_IN_HTTP2.contains(name)) {
            throw Refusal.badRequest("connection-specific field");
        }
        if (name.equals(Headers.TE) && !(values.size() == 1 && values.getFirst().equalsIgnoreCase("trailers"))) {
            throw Refusal.badRequest("connection-specific field");
        }
    }

    /**
     * Tells whether a value can be written into an HTTP/1.1 head.
     *
     * @param trimmed whether white space at either end counts as malformed, as it does in HTTP/2
     */
    static boolean isValue(String value, boolean trimmed) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '\r' || c == '\n' || c == 0 || c > 0xFF) {
                return false;
            }
        }
        return !trimmed || value.isEmpty() || !(isBlank(value.charAt(0)) || isBlank(value.charAt(value.length() - 1)));
    }

    /** Tells whether a text is an RFC 9110 token. */
    static boolean isToken(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > 0x7F || !TOKEN[text.charAt(i)]) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    static boolean isToken(HttpString name) {
        for (int i = 0; i < name.length(); i++) {
            if (!isToken(name.byteAt(i))) {
                return false;
            }
        }
        return name.length() > 0;
    }

    /** Tells whether a token may have a character. */
    static boolean isToken(byte b) {
        return b >= 0 && TOKEN[b];
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t';
    }
}
