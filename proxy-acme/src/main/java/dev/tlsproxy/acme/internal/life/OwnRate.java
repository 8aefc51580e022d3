package dev.tlsproxy.acme.internal.life;

import dev.tlsproxy.acme.internal.life.LifeSettings.Limit;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/** No more orders begun in any stretch of time than our own limit. Safe for use by several threads. */
final class OwnRate {

    private final Limit limit;
    private final Deque<Instant> begun = new ArrayDeque<>();

    OwnRate(Limit limit) {
        this.limit = limit;
    }

    /** Takes a place now, or says when there is one. */
    synchronized Optional<Instant> tryTake(Instant now) {
        Optional<Instant> later = whenFree(now);
        if (later.isEmpty()) {
            begun.addLast(now);
        }
        return later;
    }

    /** When there is a place; empty where there is one now. */
    synchronized Optional<Instant> whenFree(Instant now) {
        begun.removeIf(at -> at.isAfter(now) || !at.plus(limit.within()).isAfter(now));
        return begun.size() < limit.count()
                ? Optional.empty()
                : Optional.of(begun.getFirst().plus(limit.within()));
    }
}
