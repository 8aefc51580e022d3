package dev.tlsproxy.tests.soak;

import java.time.Duration;

/** Times of the run. */
final class Bounds {

    /** What the proxy waits for a response head, and for the next bytes of a body. */
    static final Duration PROXY = Duration.ofSeconds(5);

    /** What the proxy waits for a handshake, and for a request head: long enough for two JVMs that have just begun. */
    static final Duration CLIENT = Duration.ofSeconds(12);

    /** How long the proxy keeps a connection of a client without a request. */
    static final Duration KEEP_ALIVE = Duration.ofSeconds(8);

    /** A call without an outcome for that long hangs: well over anything the proxy waits for. */
    static final Duration HANG = Duration.ofSeconds(25);

    private Bounds() {}
}
