package dev.tlsproxy.internal.http1;

import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import org.jspecify.annotations.Nullable;

/**
 * Where a response's body ends (RFC 9112 section 6.3). Fields that contradict each other or can't be understood are no
 * matter of choice: the response is malformed.
 *
 * @param kind how the end is found
 * @param length of the body, for {@link Kind#LENGTH}
 * @param last whether nothing may follow on the connection
 */
record ResponseFraming(Kind kind, long length, boolean last) {

    /** How the end of a body is found. */
    enum Kind {
        /** After a number of bytes, which may be none. */
        LENGTH,
        /** Chunked transfer coding. */
        CHUNKED,
        /** Where the connection ends. */
        UNTIL_CLOSE
    }

    /** Judges the framing fields; removes from the head those that a response of its status must not have. */
    static ResponseFraming of(ResponseHead head, HttpString method) throws MalformedResponseException {
        HeaderMap fields = head.fields();
        boolean chunked = chunked(head);
        long length = ContentLength.of(fields);
        if (chunked && length >= 0) {
            throw new MalformedResponseException("Content-Length beside Transfer-Encoding");
        }
        if (method.equals(Methods.HEAD) || head.status() == 304) {
            return empty(false); // the fields tell of the body that a GET would get
        }
        if (head.status() < 200 || head.status() == 204 || head.status() == 205) {
            fields.remove(Headers.CONTENT_LENGTH);
            fields.remove(Headers.TRANSFER_ENCODING);
            boolean without = !chunked && (length == 0 || (length < 0 && head.status() != 205));
            return empty(!without); // who announces a body here may send one
        }
        if (chunked) {
            return new ResponseFraming(Kind.CHUNKED, 0, false);
        }
        return length >= 0
                ? new ResponseFraming(Kind.LENGTH, length, false)
                : new ResponseFraming(Kind.UNTIL_CLOSE, 0, true);
    }

    private static ResponseFraming empty(boolean last) {
        return new ResponseFraming(Kind.LENGTH, 0, last);
    }

    private static boolean chunked(ResponseHead head) throws MalformedResponseException {
        @Nullable HeaderValues codings = head.fields().get(Headers.TRANSFER_ENCODING);
        if (codings == null) {
            return false;
        }
        if (head.http10()) {
            throw new MalformedResponseException("Transfer-Encoding in HTTP/1.0");
        }
        if (codings.size() != 1 || !codings.getFirst().equalsIgnoreCase("chunked")) {
            throw new MalformedResponseException("Transfer-Encoding is not just chunked");
        }
        return true;
    }
}
