package dev.tlsproxy.internal.listen;

import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** The handshakes of a listener that wait for a certificate. Safe for use by several threads. */
final class HeldHandshakes {

    static final int MAX = 1_000;

    /**
     * An entry stays until its stage completes, also without attempts: a stage is asked to call back once only, because
     * it can't be told to forget and clients could pile up calls on it.
     */
    private final IdentityHashMap<CompletionStage<Boolean>, Set<HandshakeAttempt>> waiting = new IdentityHashMap<>();

    private int count;

    /** False where too many are held; else the attempt is told, soon and on its own thread, when the stage completes. */
    boolean hold(HandshakeAttempt attempt, CompletionStage<Boolean> until) {
        boolean first;
        synchronized (this) {
            if (count >= MAX) {
                return false;
            }
            first = !waiting.containsKey(until);
            waiting.computeIfAbsent(until, stage -> new LinkedHashSet<>()).add(attempt);
            count++;
        }
        if (first) {
            // the outcome is in the certificate table
            var unused = until.whenComplete((deployed, problem) -> completed(until));
        }
        return true;
    }

    /** Ends a wait early; does nothing where the attempt does not wait. */
    synchronized void release(HandshakeAttempt attempt, CompletionStage<Boolean> until) {
        Set<HandshakeAttempt> attempts = waiting.get(until);
        if (attempts != null && attempts.remove(attempt)) {
            count--;
        }
    }

    private void completed(CompletionStage<Boolean> until) {
        Set<HandshakeAttempt> attempts;
        synchronized (this) {
            attempts = waiting.remove(until);
            if (attempts == null) {
                return;
            }
            count -= attempts.size();
        }
        attempts.forEach(HandshakeAttempt::admitSoon);
    }
}
