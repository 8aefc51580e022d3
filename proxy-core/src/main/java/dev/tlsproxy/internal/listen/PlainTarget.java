package dev.tlsproxy.internal.listen;

import dev.tlsproxy.internal.names.HostName;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a request without TLS asks for, checked.
 *
 * @param host the host in normal form
 * @param path the raw path, beginning with a slash
 * @param query the raw query with its question mark, or an empty text
 */
record PlainTarget(String host, String path, String query) {

    private static final Pattern ABSOLUTE = Pattern.compile("(?i:https?)://([^/?#]*)(.*)");
    private static final Pattern AUTHORITY = Pattern.compile("(\\[[^\\]]*\\]|[^:\\[\\]]*)(?::(\\d{0,5}))?");

    /**
     * Reads a request target. In absolute form its authority wins over the Host field (RFC 9112 section 3.2.2).
     *
     * @return empty where the target or the host is not valid
     */
    static Optional<PlainTarget> of(String uri, String queryString, String hostField) {
        Matcher absolute = ABSOLUTE.matcher(uri);
        boolean isAbsolute = absolute.matches();
        String authority = isAbsolute ? absolute.group(1) : hostField;
        String rest = isAbsolute ? absolute.group(2) : uri;
        String path = rest.isEmpty() && isAbsolute ? "/" : rest;
        String query = queryString.isEmpty() ? "" : "?" + queryString;
        if (!path.startsWith("/") || !isVisible(path) || !isVisible(query)) {
            return Optional.empty();
        }
        return hostOf(authority).map(host -> new PlainTarget(host, path, query));
    }

    /** The host as a URI has it: IPv6 in brackets. */
    String uriHost() {
        return host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    }

    /** A fragment is no part of a request target (RFC 9112 section 3.2). */
    private static boolean isVisible(String text) {
        return text.chars().allMatch(c -> c > 0x20 && c < 0x7F && c != '#');
    }

    private static Optional<String> hostOf(String authority) {
        Matcher matcher = AUTHORITY.matcher(authority);
        if (!matcher.matches() || !isVisible(authority)) {
            return Optional.empty();
        }
        String host = matcher.group(1);
        // Brackets are for IPv6 only (RFC 3986 section 3.2.2).
        return host.startsWith("[") && host.indexOf(':') < 0 ? Optional.empty() : HostName.normalize(host);
    }
}
