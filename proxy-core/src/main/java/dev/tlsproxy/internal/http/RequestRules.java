package dev.tlsproxy.internal.http;

import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import org.jspecify.annotations.Nullable;

/**
 * What is refused before anything else looks at a request, and why: docs/request-rules.md has the table. What Undertow's
 * parsers refuse by themselves is checked here again where its HTTP/2 side does not.
 */
final class RequestRules {

    private RequestRules() {}

    /**
     * Judges a request head.
     *
     * @param head the head
     * @param serverName the SNI name of the connection, which stands in for the Host an HTTP/1.0 request need not have;
     *     empty text for none
     * @return the authority that was asked for
     * @throws Refusal 400, 405, 417, 501 or 505
     */
    static Authority check(RequestHead head, String serverName) {
        version(head);
        FieldRules.check(head);
        method(head);
        TargetRules.check(head);
        FramingRules.check(head);
        expectation(head);
        return authority(head, serverName);
    }

    private static void version(RequestHead head) {
        if (!head.http11() && !head.http2() && !head.http10()) {
            throw new Refusal(505, "HTTP version not supported");
        }
    }

    /** RFC 9110 sections 9.3.6 and 9.3.8: the one opens a way past the proxy, the other shows what the proxy added. */
    private static void method(RequestHead head) {
        if (!FieldRules.isToken(head.method())) {
            throw Refusal.badRequest("invalid method");
        }
        if (head.method().equals("CONNECT") || head.method().equals("TRACE")) {
            throw new Refusal(405, "method not allowed");
        }
    }

    /** RFC 9110 section 10.1.1: an expectation that can't be met. HTTP/1.0 has none. */
    private static void expectation(RequestHead head) {
        HeaderValues expect = head.fields().get(Headers.EXPECT);
        if (expect == null || head.http10()) {
            return;
        }
        for (String value : expect) {
            if (!value.equalsIgnoreCase("100-continue")) {
                throw new Refusal(417, "expectation failed");
            }
        }
    }

    private static Authority authority(RequestHead head, String serverName) {
        String host = host(head.fields());
        String target = head.targetAuthority();
        if (host == null) {
            if (head.http10() && target.isEmpty() && !serverName.isEmpty()) {
                return Authority.parse(serverName);
            }
            throw Refusal.badRequest("no host");
        }
        Authority authority = Authority.parse(host);
        if (!target.isEmpty()) {
            Authority named = Authority.parse(target);
            if (!named.host().equals(authority.host()) || named.port() != authority.port()) {
                // RFC 9112 section 3.2.2 lets the target win; an upstream or cache behind may choose the other one.
                throw Refusal.badRequest("host and request target differ");
            }
        }
        return authority;
    }

    /** For HTTP/2 Undertow has put the {@code :authority} here, and dropped Host where there was none. */
    private static @Nullable String host(HeaderMap fields) {
        HeaderValues values = fields.get(Headers.HOST);
        if (values == null || values.isEmpty() || values.getFirst() == null) {
            return null;
        }
        if (values.size() > 1) {
            throw Refusal.badRequest("more than one host");
        }
        return values.getFirst();
    }
}
