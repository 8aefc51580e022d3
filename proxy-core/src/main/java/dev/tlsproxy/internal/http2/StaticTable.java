package dev.tlsproxy.internal.http2;

import java.util.HashMap;
import java.util.Map;

/** HPACK's static table (RFC 7541 appendix A). */
final class StaticTable {

    /** Name and value in turn; the first entry has index 1. */
    private static final String[] ENTRIES = {
        ":authority", "",
        ":method", "GET",
        ":method", "POST",
        ":path", "/",
        ":path", "/index.html",
        ":scheme", "http",
        ":scheme", "https",
        ":status", "200",
        ":status", "204",
        ":status", "206",
        ":status", "304",
        ":status", "400",
        ":status", "404",
        ":status", "500",
        "accept-charset", "",
        "accept-encoding", "gzip, deflate",
        "accept-language", "",
        "accept-ranges", "",
        "accept", "",
        "access-control-allow-origin", "",
        "age", "",
        "allow", "",
        "authorization", "",
        "cache-control", "",
        "content-disposition", "",
        "content-encoding", "",
        "content-language", "",
        "content-length", "",
        "content-location", "",
        "content-range", "",
        "content-type", "",
        "cookie", "",
        "date", "",
        "etag", "",
        "expect", "",
        "expires", "",
        "from", "",
        "host", "",
        "if-match", "",
        "if-modified-since", "",
        "if-none-match", "",
        "if-range", "",
        "if-unmodified-since", "",
        "last-modified", "",
        "link", "",
        "location", "",
        "max-forwards", "",
        "proxy-authenticate", "",
        "proxy-authorization", "",
        "range", "",
        "referer", "",
        "refresh", "",
        "retry-after", "",
        "server", "",
        "set-cookie", "",
        "strict-transport-security", "",
        "transfer-encoding", "",
        "user-agent", "",
        "vary", "",
        "via", "",
        "www-authenticate", ""
    };

    static final int SIZE = ENTRIES.length / 2;

    private static final Map<String, Integer> BY_NAME = new HashMap<>();
    private static final Map<String, Integer> BY_PAIR = new HashMap<>();

    static {
        for (int index = SIZE; index > 0; index--) {
            BY_NAME.put(name(index), index);
            BY_PAIR.put(name(index) + '\0' + value(index), index);
        }
    }

    private StaticTable() {}

    static String name(int index) {
        return ENTRIES[2 * index - 2];
    }

    static String value(int index) {
        return ENTRIES[2 * index - 1];
    }

    /** The index of an entry with that name; 0 without one. */
    static int index(String name) {
        return BY_NAME.getOrDefault(name, 0);
    }

    /** The index of just this field, of pseudo-fields only; 0 without one. */
    static int index(String name, String value) {
        return name.charAt(0) == ':' ? BY_PAIR.getOrDefault(name + '\0' + value, 0) : 0;
    }
}
