package dev.tlsproxy.internal.http2;

import dev.tlsproxy.internal.http1.MalformedResponseException;
import dev.tlsproxy.internal.http1.Octets;
import io.undertow.util.HeaderMap;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a response head or of trailers (RFC 9113 section 8.2), with the limits that HTTP/1.1 heads have too. What is
 * malformed is remembered until the whole section is decoded: those of other streams need the decoder's state.
 */
final class FieldSection implements HpackReader.Sink {

    /** Names and values together. */
    static final int MAX_BYTES = 64 * 1024;

    static final int MAX_FIELDS = 200;

    /** HeaderValues breaks at 128. */
    static final int MAX_LINES_OF_A_FIELD = 100;

    /** Section 8.2.2. */
    private static final Set<String> OF_A_CONNECTION =
            Set.of("connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade");

    private static final String STATUS = ":status";

    private final String what;
    private final HeaderMap fields = new HeaderMap();
    private int status;
    private int bytes;
    private int count;
    private @Nullable String fault;

    /**
     * An empty section.
     *
     * @param what for messages: "response head", "trailers"
     */
    FieldSection(String what) {
        this.what = what;
    }

    @Override
    public void field(String name, String value) {
        if (fault != null) {
            return;
        }
        bytes += name.length() + value.length();
        if (bytes > MAX_BYTES) {
            fault = "too long";
        } else if (name.startsWith(":")) {
            pseudo(name, value);
        } else {
            regular(name, value);
        }
    }

    private void pseudo(String name, String value) {
        if (!name.equals(STATUS)) {
            fault = "a pseudo-field other than :status";
        } else if (status != 0 || count > 0) {
            fault = status != 0 ? "more than one :status" : ":status behind other fields";
        } else if (!value.matches("[1-9][0-9]{2}")) {
            fault = ":status is not three digits";
        } else {
            status = Integer.parseInt(value);
        }
    }

    private void regular(String name, String value) {
        if (++count > MAX_FIELDS) {
            fault = "more than " + MAX_FIELDS + " fields";
        } else if (!isName(name)) {
            fault = "invalid field name";
        } else if (OF_A_CONNECTION.contains(name)) {
            fault = "a field of one connection";
        } else if (!isValue(value)) {
            fault = "invalid field value";
        } else {
            HttpString known = Headers.fromCache(name);
            HttpString key = known != null ? known : new HttpString(name);
            if (count > MAX_LINES_OF_A_FIELD && fields.count(key) >= MAX_LINES_OF_A_FIELD) {
                fault = "more than " + MAX_LINES_OF_A_FIELD + " lines of one field";
            } else {
                fields.add(key, value);
            }
        }
    }

    private static boolean isName(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c > 0x7F || (c >= 'A' && c <= 'Z') || !Octets.isToken((byte) c)) {
                return false;
            }
        }
        return !name.isEmpty();
    }

    /** Section 8.2.1, and no other control characters, as in HTTP/1.1. */
    private static boolean isValue(String value) {
        for (int i = 0; i < value.length(); i++) {
            if (!Octets.isText((byte) value.charAt(i))) {
                return false;
            }
        }
        return value.isEmpty()
                || !(Octets.isBlank((byte) value.charAt(0)) || Octets.isBlank((byte) value.charAt(value.length() - 1)));
    }

    /** Refuses what is malformed, a head without a status, or trailers with one. */
    void check(boolean head) throws MalformedResponseException {
        if (fault == null && head != (status != 0)) {
            fault = head ? "no :status" : "a pseudo-field";
        }
        if (fault != null) {
            throw new MalformedResponseException(what + ": " + fault);
        }
    }

    int status() {
        return status;
    }

    HeaderMap fields() {
        return fields;
    }
}
