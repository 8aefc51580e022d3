package dev.tlsproxy.internal.http;

import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import org.jspecify.annotations.Nullable;

/**
 * Where a request body ends must be beyond doubt (RFC 9112 sections 6.1 to 6.3, RFC 9113 section 8.1.1): two readings of
 * it are a smuggled request.
 */
final class FramingRules {

    /** 18 digits fit into a long; Undertow's own parser wraps around at 2^64. */
    private static final int MAX_LENGTH_DIGITS = 18;

    private FramingRules() {}

    /**
     * Judges Content-Length and Transfer-Encoding.
     *
     * @throws Refusal 400 or 501
     */
    static void check(RequestHead head) {
        HeaderValues codings = head.fields().get(Headers.TRANSFER_ENCODING);
        HeaderValues lengths = head.fields().get(Headers.CONTENT_LENGTH);
        if (codings != null) {
            coding(head, codings, lengths);
        }
        if (lengths != null) {
            length(head, lengths);
        }
    }

    /** The declared length of the body; -1 where there is none. For a head that passed {@link #check}. */
    static long contentLength(RequestHead head) {
        String length = head.fields().getFirst(Headers.CONTENT_LENGTH);
        return length == null ? -1 : Long.parseLong(length);
    }

    private static void coding(RequestHead head, HeaderValues codings, @Nullable HeaderValues lengths) {
        if (lengths != null || codings.size() > 1 || !head.http11()) {
            throw Refusal.badRequest("ambiguous message framing");
        }
        if (!codings.getFirst().equalsIgnoreCase("chunked")) {
            // Undertow reads every coding but "identity" as chunked.
            throw new Refusal(501, "transfer coding not supported");
        }
    }

    private static void length(RequestHead head, HeaderValues lengths) {
        String length = lengths.getFirst();
        if (lengths.size() > 1 || length.isEmpty() || length.length() > MAX_LENGTH_DIGITS || !isDigits(length)) {
            throw Refusal.badRequest("invalid content length");
        }
        if (head.http2() && head.bodyEnded() && Long.parseLong(length) > 0) {
            throw Refusal.badRequest("body shorter than its content length");
        }
    }

    private static boolean isDigits(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }
}
