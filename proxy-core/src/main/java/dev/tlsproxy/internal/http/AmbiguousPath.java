package dev.tlsproxy.internal.http;

import org.jspecify.annotations.Nullable;

/** Reads a path as a careless upstream would: decoded once, path parameters ({@code ;...}) cut off. */
final class AmbiguousPath {

    private AmbiguousPath() {}

    /** Tells whether a path has anything that could be read in two ways; almost none has. */
    static boolean isCandidate(String path) {
        char before = 0;
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c == '%' || c == ';' || c == '\\' || (before == '/' && (c == '/' || c == '.'))) {
                return true;
            }
            before = c;
        }
        return false;
    }

    /**
     * The path as the upstream may see it.
     *
     * @return null where it has dot segments, empty segments, or slashes and backslashes in disguise, so that it may
     *     become a path of any route
     */
    static @Nullable String canonical(String path) {
        StringBuilder decoded = new StringBuilder(path.length());
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c == '%') {
                c = (char) Integer.parseInt(path, i + 1, i + 3, 16);
                i += 2;
                if (c == '/') {
                    return null;
                }
            }
            if (c == '\\') {
                return null;
            }
            decoded.append(c);
        }
        return withoutParameters(decoded.toString());
    }

    private static @Nullable String withoutParameters(String path) {
        StringBuilder result = new StringBuilder(path.length());
        String[] segments = path.split("/", -1);
        for (int i = 1; i < segments.length; i++) {
            int semicolon = segments[i].indexOf(';');
            String segment = semicolon < 0 ? segments[i] : segments[i].substring(0, semicolon);
            boolean last = i == segments.length - 1;
            if (segment.equals(".") || segment.equals("..") || (segment.isEmpty() && !last)) {
                return null;
            }
            result.append('/').append(segment);
        }
        return result.toString();
    }
}
