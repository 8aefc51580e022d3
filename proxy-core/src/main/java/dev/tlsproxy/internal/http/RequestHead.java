package dev.tlsproxy.internal.http;

import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.HttpString;
import io.undertow.util.Protocols;
import java.util.Deque;
import java.util.Map;

/**
 * A request head as it came, for the rules to judge: nothing decoded, one char per byte (Latin-1).
 *
 * @param method the method
 * @param target the request target: origin-form, absolute-form or asterisk-form (RFC 9112 section 3.2)
 * @param protocol one of {@link Protocols}
 * @param fields the header fields; live, not to be changed here
 * @param bodyEnded whether no body follows (for HTTP/2: END_STREAM came with the head)
 */
record RequestHead(String method, String target, HttpString protocol, HeaderMap fields, boolean bodyEnded) {

    static RequestHead of(HttpServerExchange exchange) {
        return new RequestHead(
                exchange.getRequestMethod().toString(),
                target(exchange),
                exchange.getProtocol(),
                exchange.getRequestHeaders(),
                exchange.isRequestComplete());
    }

    boolean http2() {
        return !http11() && protocol.equals(Protocols.HTTP_2_0);
    }

    /** The parser's constant, mostly: comparing it with another text of its length takes all bytes but the last. */
    boolean http11() {
        return protocol.equals(Protocols.HTTP_1_1);
    }

    boolean http10() {
        return !http11() && protocol.equals(Protocols.HTTP_1_0);
    }

    /**
     * Path and query in origin-form: scheme and authority of an absolute-form are cut off, and an empty path there is a
     * slash (RFC 9112 section 3.2.1).
     */
    String originForm() {
        if (target.startsWith("/")) {
            return target;
        }
        int authority = target.indexOf("://");
        if (authority < 0) {
            return target;
        }
        int end = authorityEnd(authority + 3);
        String rest = target.substring(end);
        return rest.startsWith("/") ? rest : "/" + rest;
    }

    /** The path of {@link #originForm}, without the query. */
    String path() {
        String origin = originForm();
        int query = origin.indexOf('?');
        return query < 0 ? origin : origin.substring(0, query);
    }

    /** The authority of an absolute-form; empty text for any other form. */
    String targetAuthority() {
        int scheme = target.startsWith("/") ? -1 : target.indexOf("://");
        return scheme < 0 ? "" : target.substring(scheme + 3, authorityEnd(scheme + 3));
    }

    private int authorityEnd(int from) {
        for (int i = from; i < target.length(); i++) {
            char c = target.charAt(i);
            if (c == '/' || c == '?' || c == '#') {
                return i;
            }
        }
        return target.length();
    }

    private static String target(HttpServerExchange exchange) {
        String path = exchange.getRequestURI();
        String query = exchange.getQueryString();
        if (lostQuestionMark(query, exchange.getQueryParameters())) {
            return path + "??" + query;
        }
        boolean mark = EmptyQuery.of(exchange) || !query.isEmpty();
        return mark ? path + "?" + query : path;
    }

    /**
     * Undertow takes one leading question mark off the query ({@code /p??a=1} is told as {@code /p} and {@code a=1}), but
     * not off the name of the first parameter: {@code ?a} shows that there was one. The client may also have sent a
     * parameter of that name elsewhere, so the first name must be missing where it would be without the mark.
     */
    private static boolean lostQuestionMark(String query, Map<String, Deque<String>> parameters) {
        if (parameters.isEmpty()) {
            return false;
        }
        String name = name(query, 0);
        if (!parameters.containsKey("?" + name)) {
            return false;
        }
        int seen = 0;
        for (int start = 0; start >= 0; start = next(query, start)) {
            if (name(query, start).equals(name)) {
                seen++;
            }
        }
        Deque<String> told = parameters.get(name);
        return (told == null ? 0 : told.size()) < seen;
    }

    private static String name(String query, int start) {
        int end = start;
        while (end < query.length() && query.charAt(end) != '=' && query.charAt(end) != '&') {
            end++;
        }
        return query.substring(start, end);
    }

    private static int next(String query, int start) {
        int amp = query.indexOf('&', start);
        return amp < 0 ? -1 : amp + 1;
    }
}
