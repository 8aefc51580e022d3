package dev.tlsproxy.websocket;

import dev.tlsproxy.spi.Tunnel;
import dev.tlsproxy.spi.Tunnel.Side;
import dev.tlsproxy.websocket.WebSocketSummary.Begun;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * How a tunnel ends (RFC 6455 section 7). Either a side begins the close handshake, which is then watched only, or the
 * proxy does: close frames go to both sides, each as soon as the stream to that side is between two frames, no frame
 * follows them, and the answers are awaited for a time.
 */
final class Farewell {

    private final Tunnel tunnel;
    private final Frames frames;
    private final Duration closeTimeout;
    private final Function<Side, FrameReader> readers;
    private final Leg client = new Leg();
    private final Leg upstream = new Leg();
    private Begun begunBy = Begun.NOBODY;
    private @Nullable Goodbye goodbye;
    private Duration limit;
    private boolean begun;
    private boolean watching;
    private long lastHeard;

    /** Close frames that the proxy sends: a client is told to come again (1012), a server that its client goes. */
    record Goodbye(int toClient, int toUpstream, String reason) {
        static Goodbye both(int code, String reason) {
            return new Goodbye(code, code, reason);
        }

        int to(Side side) {
            return side == Side.CLIENT ? toClient : toUpstream;
        }
    }

    Farewell(Tunnel tunnel, Frames frames, Duration closeTimeout, Function<Side, FrameReader> readers) {
        this.tunnel = tunnel;
        this.frames = frames;
        this.closeTimeout = closeTimeout;
        this.limit = closeTimeout;
        this.readers = readers;
    }

    Leg leg(Side side) {
        return side == Side.CLIENT ? client : upstream;
    }

    Begun begunBy() {
        return begunBy;
    }

    String reason() {
        return goodbye == null ? "" : goodbye.reason();
    }

    /** Tells whether something is to be done as soon as the stream from a side is between two frames. */
    boolean wantsBorder(Side from) {
        return goodbye != null && !(begun && leg(from.other()).closeSent);
    }

    /** Begins once no message is under way in either direction, and at the latest when the grace is over. */
    void beginSoon(Goodbye with, Duration grace, Duration within) {
        if (goodbye != null) {
            return;
        }
        goodbye = with;
        limit = within;
        if (allAt(FrameReader::atMessageBorder)) {
            begin(with, within);
        } else {
            tunnel.after(grace, () -> begin(with, within));
        }
    }

    /** Begins now; what is open when the time is over is cut. The first to begin gives code and reason. */
    void begin(Goodbye with, Duration within) {
        if (begun) {
            return;
        }
        begun = true;
        goodbye = with;
        begunBy = begunBy == Begun.NOBODY ? Begun.PROXY : begunBy;
        tunnel.after(within, tunnel::close);
        sayGoodbye(Side.CLIENT);
        sayGoodbye(Side.UPSTREAM);
        settle();
    }

    /** A frame from this side must not pass: nothing that comes from it is read any more. */
    void refuse(Side from, Violation violation) {
        leg(from).deaf = true;
        begin(Goodbye.both(violation.code(), violation.reason()), closeTimeout);
        settle();
    }

    /** The stream from this side is between two frames. */
    void border(Side from) {
        if (begun) {
            sayGoodbye(from.other());
            settle();
        } else if (goodbye != null && allAt(FrameReader::atMessageBorder)) {
            begin(goodbye, limit);
        }
    }

    void heard() {
        lastHeard = tunnel.nanoTime();
    }

    void closeReceived(Side from, int code) {
        leg(from).received = OptionalInt.of(code);
        begins(from);
        settle();
    }

    void closePassed(Side from) {
        leg(from.other()).closeSent = true;
        watch();
    }

    void ended(Side from) {
        Leg leg = leg(from);
        FrameReader reader = readers.apply(from);
        boolean inFrame = !reader.atFrameBorder() || reader.held() > 0;
        boolean cut = inFrame && !leg.saidAll();
        leg.ended = true;
        begins(from);
        if (cut && !begun) {
            begin(Goodbye.both(CloseCode.PROTOCOL_ERROR, "stream ended inside a frame"), closeTimeout);
        }
        if (!begun) {
            end(from.other());
        } else if (!leg(from.other()).closeSent) {
            // The frame it is in the middle of never ends: no close frame can follow.
            end(from.other());
        }
        settle();
    }

    private void sayGoodbye(Side to) {
        Leg leg = leg(to);
        if (goodbye == null
                || leg.closeSent
                || leg.endSent
                || !readers.apply(to.other()).atFrameBorder()) {
            return;
        }
        leg.closeSent = true;
        leg.sentByProxy = OptionalInt.of(goodbye.to(to));
        tunnel.send(to, frames.close(to, goodbye.to(to), goodbye.reason()));
    }

    /** RFC 6455 section 7.1.1: to the client the proxy is the server, which ends first; the upstream ends by itself. */
    private void settle() {
        if (client.closeSent && client.saidAll()) {
            end(Side.CLIENT);
        }
        if (upstream.closeSent && (upstream.ended || upstream.deaf)) {
            end(Side.UPSTREAM);
        }
    }

    /** A side has begun: the other is given its time, counted from the last bytes of either. */
    private void watch() {
        if (!watching) {
            watching = true;
            tunnel.after(closeTimeout, this::lookAgain);
        }
        settle();
    }

    private void lookAgain() {
        Duration left = closeTimeout.minusNanos(tunnel.nanoTime() - lastHeard);
        if (left.isNegative() || left.isZero()) {
            tunnel.close();
        } else {
            tunnel.after(left, this::lookAgain);
        }
    }

    private void end(Side to) {
        Leg leg = leg(to);
        if (!leg.endSent) {
            leg.endSent = true;
            tunnel.end(to);
        }
    }

    private void begins(Side side) {
        if (begunBy == Begun.NOBODY) {
            begunBy = side == Side.CLIENT ? Begun.CLIENT : Begun.UPSTREAM;
        }
    }

    private boolean allAt(Predicate<FrameReader> border) {
        return border.test(readers.apply(Side.CLIENT)) && border.test(readers.apply(Side.UPSTREAM));
    }
}
