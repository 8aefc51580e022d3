package dev.tlsproxy.websocket;

import java.util.OptionalInt;

/** How far the end of one side has come. Used on the tunnel's thread. */
final class Leg {

    /** The code of the close frame that came from the side; {@link CloseCode#NONE} for one without. */
    OptionalInt received = OptionalInt.empty();

    /** The code of the close frame that the proxy itself sent to the side. */
    OptionalInt sentByProxy = OptionalInt.empty();

    /** A close frame went to the side, the peer's or the proxy's: no frame may follow it. */
    boolean closeSent;

    /** The side has ended its sending. */
    boolean ended;

    /** What the side sends can't be understood any more. */
    boolean deaf;

    /** Sending to the side has been ended. */
    boolean endSent;

    /** Tells whether no close frame is to be waited for. */
    boolean saidAll() {
        return received.isPresent() || ended || deaf;
    }
}
