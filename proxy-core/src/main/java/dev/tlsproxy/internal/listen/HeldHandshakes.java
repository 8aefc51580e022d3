package dev.tlsproxy.internal.listen;

import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** The handshakes of a listener that wait for a certificate. Safe for use by several threads. */
final class HeldHandshakes {

    static final int MAX = 1_000;

    /**
     * An entry stays until its stage completes, also without attempts: a stage is asked to call back once only, because
     * it can't be told to forget and clients could pile up calls on it.
     */
    private final IdentityHashMap<CompletionStage<Boolean>, Map<HandshakeAttempt, HandshakePlaces.Place>> waiting =
            new IdentityHashMap<>();

    private final HandshakePlaces places = new HandshakePlaces(MAX);

    /**
     * False where too many are held; else the attempt is told, soon and on its own thread, when the stage completes, or
     * when its place goes to a client with fewer.
     */
    boolean hold(HandshakeAttempt attempt, Object client, CompletionStage<Boolean> until) {
        Optional<HandshakePlaces.Place> place = places.enter(client, () -> gaveWay(attempt, until));
        if (place.isEmpty()) {
            return false;
        }
        boolean first;
        synchronized (this) {
            first = !waiting.containsKey(until);
            waiting.computeIfAbsent(until, stage -> new LinkedHashMap<>()).put(attempt, place.get());
        }
        if (first) {
            // the outcome is in the certificate table
            var unused = until.whenComplete((deployed, problem) -> completed(until));
        }
        return true;
    }

    /** Ends a wait early; does nothing where the attempt does not wait. */
    synchronized void release(HandshakeAttempt attempt, CompletionStage<Boolean> until) {
        Map<HandshakeAttempt, HandshakePlaces.Place> attempts = waiting.get(until);
        HandshakePlaces.Place place = attempts == null ? null : attempts.remove(attempt);
        if (place != null) {
            place.leave();
        }
    }

    private void gaveWay(HandshakeAttempt attempt, CompletionStage<Boolean> until) {
        release(attempt, until);
        attempt.stopWaitingSoon();
    }

    private void completed(CompletionStage<Boolean> until) {
        Map<HandshakeAttempt, HandshakePlaces.Place> attempts;
        synchronized (this) {
            attempts = waiting.remove(until);
        }
        if (attempts != null) {
            attempts.values().forEach(HandshakePlaces.Place::leave);
            attempts.keySet().forEach(HandshakeAttempt::admitSoon);
        }
    }
}
