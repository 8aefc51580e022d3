package dev.tlsproxy.internal.http1;

import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import org.jspecify.annotations.Nullable;

/** What Content-Length says: one line of digits, or the response is malformed (RFC 9110 section 8.6). */
public final class ContentLength {

    private static final int MAX_DIGITS = 18;

    private ContentLength() {}

    /**
     * The length.
     *
     * @param fields of a response head
     * @return the number; -1 without the field
     * @throws MalformedResponseException for what is no number, or more than one
     */
    public static long of(HeaderMap fields) throws MalformedResponseException {
        @Nullable HeaderValues values = fields.get(Headers.CONTENT_LENGTH);
        if (values == null) {
            return -1;
        }
        if (values.size() != 1) {
            throw new MalformedResponseException("more than one Content-Length");
        }
        String digits = values.getFirst();
        if (digits.isEmpty() || digits.length() > MAX_DIGITS) {
            throw new MalformedResponseException("Content-Length is not 1 to " + MAX_DIGITS + " digits");
        }
        long length = 0;
        for (int i = 0; i < digits.length(); i++) {
            char digit = digits.charAt(i);
            if (digit < '0' || digit > '9') {
                throw new MalformedResponseException("Content-Length is not 1 to " + MAX_DIGITS + " digits");
            }
            length = length * 10 + digit - '0';
        }
        return length;
    }
}
