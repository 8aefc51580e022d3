package dev.tlsproxy.internal.http1;

import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.HttpString;
import java.util.Locale;
import java.util.Set;

/**
 * Which fields may be trailers (RFC 9110 section 6.5.1): none that frames, routes, authenticates or says how the body is to
 * be read, since who merges trailers into the head would act on them too late.
 */
public final class TrailerFields {

    private static final Set<String> FORBIDDEN = Set.of(
            "age",
            "authorization",
            "cache-control",
            "connection",
            "cookie",
            "date",
            "expect",
            "expires",
            "forwarded",
            "host",
            "http2-settings",
            "keep-alive",
            "location",
            "max-forwards",
            "pragma",
            "range",
            "retry-after",
            "set-cookie",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "vary",
            "via",
            "warning",
            "www-authenticate",
            "x-real-ip");

    private TrailerFields() {}

    /**
     * The fields of trailers that may pass on.
     *
     * @param trailers as they came
     * @return a new map
     */
    public static HeaderMap permitted(HeaderMap trailers) {
        HeaderMap result = new HeaderMap();
        for (HeaderValues field : trailers) {
            if (isPermitted(field.getHeaderName())) {
                result.putAll(field.getHeaderName(), field);
            }
        }
        return result;
    }

    private static boolean isPermitted(HttpString field) {
        String name = field.toString().toLowerCase(Locale.ROOT).replace('_', '-');
        return !FORBIDDEN.contains(name)
                && (!name.startsWith("content-") || name.equals("content-digest")) // RFC 9530 section 6.5
                && !name.startsWith("if-")
                && !name.startsWith("proxy-")
                && !name.startsWith("x-forwarded-");
    }
}
