package dev.tlsproxy.internal.http;

import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Protocols;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Fields that are meant for one connection only end here, on all four legs (RFC 9110 section 7.6.1): the known ones, and
 * those that Connection names. What stays is the upgrade to WebSocket, and {@code TE: trailers}, which gRPC needs.
 */
final class HopHeaders {

    /** The name this proxy goes by in Via (RFC 9110 section 7.6.3). */
    static final String PSEUDONYM = "tlsproxy";

    static final HttpString VIA = new HttpString("Via");

    private static final String VIA_HTTP11 = "1.1 " + PSEUDONYM;
    private static final String WEBSOCKET = "websocket";
    private static final String KEEP_ALIVE = "keep-alive";

    /** Fields of one connection. {@code Proxy-Authorization} and its like are between a client and this proxy. */
    private static final Set<HttpString> HOP_BY_HOP = Set.of(
            Headers.CONNECTION,
            new HttpString(KEEP_ALIVE),
            new HttpString("Proxy-Connection"),
            Headers.PROXY_AUTHENTICATE,
            new HttpString("Proxy-Authentication-Info"),
            Headers.PROXY_AUTHORIZATION,
            Headers.TE,
            Headers.TRAILER,
            Headers.TRANSFER_ENCODING,
            Headers.UPGRADE,
            new HttpString("HTTP2-Settings"));

    /** End-to-end fields: a peer that names them in Connection would make the proxy strip what others rely on. */
    private static final Set<String> END_TO_END = Set.of(
            "age",
            "allow",
            "authorization",
            "cache-control",
            "cookie",
            "date",
            "etag",
            "expect",
            "expires",
            "host",
            "location",
            "max-forwards",
            "origin",
            "pragma",
            "range",
            "retry-after",
            "set-cookie",
            "vary",
            "via",
            "www-authenticate");

    private static final Set<HttpString> NOT_IN_TRAILERS = Set.of(
            Headers.AUTHORIZATION,
            Headers.CACHE_CONTROL,
            Headers.CONTENT_ENCODING,
            Headers.CONTENT_LENGTH,
            Headers.CONTENT_RANGE,
            Headers.CONTENT_TYPE,
            Headers.COOKIE,
            Headers.EXPECT,
            Headers.HOST,
            Headers.LOCATION,
            Headers.RANGE,
            Headers.SET_COOKIE,
            VIA);

    private HopHeaders() {}

    /**
     * Tells whether a request asks for the one upgrade that passes (RFC 6455 section 4.1). Firefox sends
     * {@code Connection: keep-alive, Upgrade}.
     */
    static boolean asksForWebSocket(RequestHead head) {
        HeaderValues upgrade = head.fields().get(Headers.UPGRADE);
        return upgrade != null
                && head.http11()
                && head.bodyEnded()
                && head.method().equals("GET")
                && upgrade.size() == 1
                && upgrade.getFirst().equalsIgnoreCase(WEBSOCKET)
                && nominated(head.fields()).contains("upgrade");
    }

    /**
     * The upstream request's fields: a new map, without Content-Length, which belongs to the connection that frames the
     * body.
     */
    static HeaderMap upstreamRequest(RequestHead head, boolean upgrade) {
        HeaderMap result = new HeaderMap();
        HeaderMap from = head.fields();
        Set<String> nominated = nominated(from);
        for (long i = from.fastIterateNonEmpty(); i != -1L; i = from.fiNextNonEmpty(i)) {
            HeaderValues values = from.fiCurrent(i);
            HttpString name = values.getHeaderName();
            if (!isHop(name, nominated) && !name.equals(Headers.CONTENT_LENGTH) && !isDisguised(name)) {
                result.putAll(name, values);
            }
        }
        if (upgrade) {
            result.put(Headers.CONNECTION, "Upgrade");
            result.put(Headers.UPGRADE, WEBSOCKET);
        } else if (acceptsTrailers(from)) {
            result.put(Headers.CONNECTION, "TE");
            result.put(Headers.TE, "trailers");
        }
        if ((!head.http11() && !head.http2()) || head.bodyEnded()) {
            // Nobody waits for a 100 (RFC 9110 section 10.1.1).
            result.remove(Headers.EXPECT);
        }
        result.add(VIA, via(head.protocol()));
        return result;
    }

    /**
     * Cleans the fields of an upstream response, in place.
     *
     * @param upgraded whether it is the 101 to an upgrade that passed
     */
    static void response(HeaderMap fields, HttpString protocol, boolean upgraded) {
        boolean chunked = fields.contains(Headers.TRANSFER_ENCODING);
        Set<String> nominated = nominated(fields);
        List<HttpString> removed = List.of();
        for (long i = fields.fastIterateNonEmpty(); i != -1L; i = fields.fiNextNonEmpty(i)) {
            HeaderValues values = fields.fiCurrent(i);
            HttpString name = values.getHeaderName();
            if (isHop(name, nominated) || !isWritable(name, values)) {
                removed = removed.isEmpty() ? new ArrayList<>() : removed;
                removed.add(name);
            }
        }
        removed.forEach(fields::remove);
        if (chunked) {
            // RFC 9112 section 6.3: the coding wins over a length beside it.
            fields.remove(Headers.CONTENT_LENGTH);
        }
        if (upgraded) {
            fields.put(Headers.CONNECTION, "Upgrade");
            fields.put(Headers.UPGRADE, WEBSOCKET);
        }
        fields.add(VIA, via(protocol));
    }

    /**
     * Removes from trailers, in place, what may not stand there (RFC 9110 section 6.5.1) or can't be written.
     *
     * @return false where a field could not have been sent by a well-behaved peer
     */
    static boolean trailers(@Nullable HeaderMap trailers) {
        if (trailers == null) {
            return true;
        }
        boolean wellFormed = true;
        for (HttpString name : trailers.getHeaderNames().toArray(HttpString[]::new)) {
            boolean writable = isWritable(name, trailers.get(name));
            wellFormed &= writable;
            if (!writable
                    || isHop(name, Set.of())
                    || NOT_IN_TRAILERS.contains(name)
                    || isDisguised(name)
                    || ForwardingHeaders.isForwarding(name)) {
                trailers.remove(name);
            }
        }
        return wellFormed;
    }

    /** Tells whether the proxy owns a field, so that filters may not touch it. */
    static boolean isOwned(HttpString name) {
        return HOP_BY_HOP.contains(name) || name.equals(Headers.CONTENT_LENGTH);
    }

    /** Tells whether Connection has the option {@code close}, alone or among others. */
    static boolean asksToClose(HeaderMap fields) {
        return nominated(fields).contains("close");
    }

    private static boolean isHop(HttpString name, Set<String> nominated) {
        return HOP_BY_HOP.contains(name)
                || (!nominated.isEmpty() && nominated.contains(name.toString().toLowerCase(Locale.ROOT)));
    }

    /**
     * CGI-like upstreams read {@code Content_Length} as {@code Content-Length}, and some of them {@code Content.Length} and
     * the like as well: such a name passes only where its twin is none of the proxy's.
     */
    private static boolean isDisguised(HttpString name) {
        String text = name.toString();
        String undisguised = undisguised(text);
        if (undisguised.equals(text)) {
            return false;
        }
        HttpString twin = new HttpString(undisguised);
        return isOwned(twin) || twin.equals(Headers.HOST) || ForwardingHeaders.isWritten(twin);
    }

    /** A field name with a hyphen for all but letters and digits, as variables of CGI have one character for them. */
    static String undisguised(String name) {
        StringBuilder changed = null;
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean plain = c == '-' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (!plain) {
                changed = changed == null ? new StringBuilder(name) : changed;
                changed.setCharAt(i, '-');
            }
        }
        return changed == null ? name : changed.toString();
    }

    private static boolean isWritable(HttpString name, @Nullable HeaderValues values) {
        if (!FieldRules.isToken(name) || values == null) {
            return false;
        }
        for (int i = 0; i < values.size(); i++) {
            if (!FieldRules.isValue(values.get(i), false)) {
                return false;
            }
        }
        return true;
    }

    private static Set<String> nominated(HeaderMap fields) {
        HeaderValues connection = fields.get(Headers.CONNECTION);
        // the common option names a field that is hop-by-hop anyway
        if (connection == null || (connection.size() == 1 && KEEP_ALIVE.equalsIgnoreCase(connection.getFirst()))) {
            return Set.of();
        }
        Set<String> names = new HashSet<>();
        for (String line : connection) {
            for (String option : line.split(",")) {
                String name = option.strip().toLowerCase(Locale.ROOT);
                if (!name.isEmpty() && !isEndToEnd(name)) {
                    names.add(name);
                }
            }
        }
        return names;
    }

    private static boolean isEndToEnd(String name) {
        return END_TO_END.contains(name) || name.startsWith("content-") || name.startsWith("sec-");
    }

    private static boolean acceptsTrailers(HeaderMap fields) {
        HeaderValues te = fields.get(Headers.TE);
        if (te == null) {
            return false;
        }
        for (String line : te) {
            for (String coding : line.split(",")) {
                if (coding.strip().equalsIgnoreCase("trailers")) {
                    return true;
                }
            }
        }
        return false;
    }

    private static String via(HttpString protocol) {
        if (protocol.equals(Protocols.HTTP_1_1)) {
            return VIA_HTTP11;
        }
        return (protocol.equals(Protocols.HTTP_2_0) ? "2.0 " : protocol.equals(Protocols.HTTP_1_0) ? "1.0 " : "1.1 ")
                + PSEUDONYM;
    }
}
