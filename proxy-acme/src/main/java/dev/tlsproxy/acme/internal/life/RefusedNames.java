package dev.tlsproxy.acme.internal.life;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/** Names that were refused a moment ago; the oldest are forgotten where there are many. Not for several threads. */
final class RefusedNames {

    private final Duration longest;
    private final Map<String, Instant> until;

    RefusedNames(int most, Duration longest) {
        this.longest = longest;
        this.until = new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Instant> eldest) {
                return size() > most;
            }
        };
    }

    void add(String name, Instant now, Instant end) {
        Instant latest = now.plus(longest);
        until.remove(name);
        until.put(name, end.isAfter(latest) ? latest : end);
    }

    /** An end too far ahead was written by a clock that has gone back since. */
    boolean contains(String name, Instant now) {
        Instant end = until.get(name);
        if (end == null) {
            return false;
        }
        if (end.isAfter(now) && !end.isAfter(now.plus(longest))) {
            return true;
        }
        until.remove(name);
        return false;
    }

    int size() {
        return until.size();
    }
}
