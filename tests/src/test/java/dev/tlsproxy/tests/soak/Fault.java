package dev.tlsproxy.tests.soak;

import static dev.tlsproxy.tests.soak.Outcome.CUT;
import static dev.tlsproxy.tests.soak.Outcome.ERROR_502;
import static dev.tlsproxy.tests.soak.Outcome.ERROR_504;
import static dev.tlsproxy.tests.soak.Outcome.RIGHT;

import java.util.EnumSet;
import java.util.Set;

/** What the upstream does to a call, and what the client may then see. */
enum Fault {
    NONE(RIGHT),
    RESET_BEFORE_HEAD(ERROR_502),
    CLOSE_BEFORE_HEAD(ERROR_502),
    RESET_IN_HEAD(ERROR_502),
    CLOSE_IN_HEAD(ERROR_502),
    STALL_BEFORE_HEAD(ERROR_504),
    STALL_IN_HEAD(ERROR_504),
    GARBAGE(ERROR_502),
    TWO_LENGTHS(ERROR_502),
    /** The reset may overtake the head. */
    RESET_IN_BODY(CUT, ERROR_502),
    CLOSE_IN_BODY(CUT),
    STALL_IN_BODY(CUT),
    BAD_CHUNK(CUT),
    /** A response nobody asked for follows the right one. */
    EXTRA_RESPONSE(RIGHT),
    CLOSE_SILENTLY(RIGHT),
    CLOSE_WHILE_IDLE(RIGHT),
    TRICKLE(RIGHT),
    INTERIM_RESPONSES(RIGHT),
    /** A whole response before the request's body is read. */
    EARLY_RESPONSE(RIGHT),
    /** In the tunnel, after some bytes. */
    TUNNEL_RESET(CUT),
    TUNNEL_CLOSE(CUT);

    private final Set<Outcome> allowed;

    Fault(Outcome first, Outcome... others) {
        allowed = EnumSet.of(first, others);
    }

    boolean allows(Outcome outcome) {
        return allowed.contains(outcome);
    }
}
