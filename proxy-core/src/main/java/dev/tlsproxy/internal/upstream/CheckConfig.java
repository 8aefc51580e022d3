package dev.tlsproxy.internal.upstream;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How the upstreams of a group are checked. Equal ones share one check of an upstream.
 *
 * @param path begins with a slash, visible ASCII
 * @param host the Host field; null for the upstream's own authority
 * @param interval from the end of a check to the next, a tenth more or less
 * @param timeout for a check as a whole, name look-up and TLS too
 * @param minStatus the least status that passes
 * @param maxStatus the greatest status that passes
 * @param rise checks in a row to pass until an upstream is up again; at least 1
 * @param fall checks in a row to fail until it is down; at least 1
 */
public record CheckConfig(
        String path,
        @Nullable String host,
        Duration interval,
        Duration timeout,
        int minStatus,
        int maxStatus,
        int rise,
        int fall) {

    /** The path without its query, which may hold a secret. */
    String shownPath() {
        int query = path.indexOf('?');
        return query < 0 ? path : path.substring(0, query);
    }
}
