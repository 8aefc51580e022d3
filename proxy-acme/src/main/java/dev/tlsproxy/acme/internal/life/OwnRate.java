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
        begun.removeIf(at -> at.isAfter(now) || !at.plus(limit.within()).isAfter(now));
        if (begun.size() >= limit.count()) {
            return Optional.of(begun.getFirst().plus(limit.within()));
        }
        begun.addLast(now);
        return Optional.empty();
    }
}
