package dev.tlsproxy.internal.upstream;

import io.undertow.client.ClientResponse;
import io.undertow.server.Connectors;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a response head means for the connection: RFC 9112 section 6.3. */
enum ResponseCheck {
    /** Its body is framed as Undertow's client reads it. */
    PLAIN,
    /** A body that the connection can't be reused after. */
    LAST,
    /** Its status allows no body, but it has fields of one, which Undertow's client would wait for. */
    NO_BODY,
    /** The connection becomes a tunnel. */
    SWITCH,
    /** No final response to this request. */
    INVALID;

    private static final Pattern LENGTH = Pattern.compile("[0-9]{1,18}");

    static ResponseCheck of(ClientResponse response, HttpString method, boolean upgrade) {
        int code = response.getResponseCode();
        if (code == 101 && upgrade) {
            return SWITCH;
        }
        if (code < 200 || code > 999) {
            return INVALID; // also 102 and 103, which Undertow's client takes for final responses
        }
        HeaderMap fields = response.getResponseHeaders();
        HeaderValues codings = fields.get(Headers.TRANSFER_ENCODING);
        HeaderValues lengths = fields.get(Headers.CONTENT_LENGTH);
        boolean coded = codings != null && !codings.isEmpty();
        if (coded && (codings.size() > 1 || !codings.getFirst().equalsIgnoreCase("chunked"))) {
            return INVALID;
        }
        String length = length(lengths);
        if (lengths != null && length == null) {
            return INVALID;
        }
        if (!Connectors.isEntityBodyAllowed(code) && !method.equals(Methods.HEAD)) {
            return coded || (length != null && !length.equals("0")) ? NO_BODY : PLAIN;
        }
        if (coded && length != null) {
            fields.remove(Headers.CONTENT_LENGTH); // the coding wins; the two together may be an attack
            return LAST;
        }
        return PLAIN;
    }

    /** The one length all values agree on, or null. */
    private static @Nullable String length(@Nullable HeaderValues values) {
        if (values == null) {
            return null;
        }
        Set<String> different = new HashSet<>(values);
        String length = values.getFirst();
        return different.size() == 1 && LENGTH.matcher(length).matches() ? length : null;
    }
}
