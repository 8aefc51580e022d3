package dev.tlsproxy.internal.listen;

import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.xnio.XnioIoThread;

/**
 * Begins handshakes, a few at a time: the server's first flight takes about a millisecond of its I/O thread, and in a storm
 * hundreds are ready at once. Between two turns the thread looks at its other connections. Thread-safe.
 */
final class HandshakeTurns {

    private static final int MOST_IN_A_TURN = 8;

    private final Map<XnioIoThread, Turns> byThread = new ConcurrentHashMap<>();

    /** Runs a beginning, at once where the thread has begun none for a moment; on that thread. */
    void begin(XnioIoThread thread, Runnable beginning) {
        byThread.computeIfAbsent(thread, Turns::new).add(beginning);
    }

    /** Those of one thread, and used on it only. */
    private static final class Turns {

        private final XnioIoThread thread;
        private final Queue<Runnable> waiting = new ArrayDeque<>();
        private int left = MOST_IN_A_TURN;
        private boolean armed;

        Turns(XnioIoThread thread) {
            this.thread = thread;
        }

        void add(Runnable beginning) {
            waiting.add(beginning);
            run();
        }

        private void run() {
            while (left > 0 && !waiting.isEmpty()) {
                left--;
                waiting.remove().run();
            }
            if (left < MOST_IN_A_TURN && !armed) {
                arm();
            }
        }

        /** A timer and no task: XNIO runs its task queue until it is empty before it looks at other connections. */
        private void arm() {
            try {
                armed = true;
                thread.executeAfter(this::nextTurn, 1, TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException e) {
                // the thread is ending, and with it every connection on it
            }
        }

        private void nextTurn() {
            armed = false;
            left = MOST_IN_A_TURN;
            run();
        }
    }
}
