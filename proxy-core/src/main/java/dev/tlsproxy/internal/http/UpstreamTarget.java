package dev.tlsproxy.internal.http;

/**
 * The request target for the upstream.
 *
 * @param text in origin-form, or {@code *}
 * @param strippedPrefix the path prefix that was taken off; empty text for none
 */
record UpstreamTarget(String text, String strippedPrefix) {

    /** Takes the route's prefix off where the route says so; every other byte stays. */
    static UpstreamTarget of(String originForm, RouteEntry route) {
        String prefix = route.stripPrefix() ? route.pathPrefix() : "";
        if (prefix.isEmpty() || !originForm.startsWith(prefix)) {
            return new UpstreamTarget(originForm, "");
        }
        String rest = originForm.substring(prefix.length());
        return new UpstreamTarget(rest.startsWith("/") ? rest : "/" + rest, prefix);
    }
}
