package dev.tlsproxy.acme.internal.life;

import java.time.Instant;

/**
 * What a name is to do next.
 *
 * @param work what
 * @param at from when on, by the wall clock
 */
record Next(Work work, Instant at) {

    /** The kinds of work; each has its own number of threads, so that a CA that answers slowly delays no look at the store. */
    enum Work {
        /** Looks at the store and the clock; asks no CA. */
        CHECK,
        /** Asks the CA for its renewal window. */
        ASK_WINDOW,
        /** Orders. */
        ORDER
    }
}
