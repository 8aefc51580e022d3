package dev.tlsproxy.tests.soak;

/** How a call ended, as its client sees it. */
enum Outcome {
    /** Complete, and each byte as the number of the call says. */
    RIGHT,
    /** The proxy's own short answer. */
    ERROR_502,
    ERROR_503,
    ERROR_504,
    /** The response began, and its end is visibly not there. */
    CUT,
    /** A bad request that was refused, or ended with its connection. */
    REFUSED,
    /** The client went before the end. */
    LEFT
}
