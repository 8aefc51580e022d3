package dev.tlsproxy.acme.internal.order;

import java.time.Duration;

/** Waiting, as something a test can replace. */
@FunctionalInterface
public interface Pause {

    /** The thread sleeps. */
    Pause SLEEP = time -> Thread.sleep(time.toMillis());

    /**
     * Waits.
     *
     * @param time how long; not negative
     * @throws InterruptedException when interrupted
     */
    void of(Duration time) throws InterruptedException;
}
