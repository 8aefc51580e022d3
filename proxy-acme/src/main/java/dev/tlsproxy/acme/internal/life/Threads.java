package dev.tlsproxy.acme.internal.life;

import java.time.Duration;

/** Where the manager's work runs, as something a test can replace. */
public interface Threads extends AutoCloseable {

    /**
     * Runs a short task later, on one thread for all of them.
     *
     * @param delay how long to wait; not negative. Time in which the machine sleeps may or may not count
     * @param task never throws, never blocks for long
     */
    void after(Duration delay, Runnable task);

    /**
     * Runs work that may block for minutes, on a thread of its own.
     *
     * @param work never throws
     */
    void run(Runnable work);

    /**
     * Takes nothing more and interrupts what runs.
     */
    void interrupt();

    /** Interrupts what runs, and blocks until it has ended. Twice does nothing more. */
    @Override
    void close();
}
