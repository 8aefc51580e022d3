package dev.tlsproxy.websocket;

import dev.tlsproxy.spi.Tunnel;
import dev.tlsproxy.spi.Tunnel.Side;
import java.nio.ByteBuffer;

/**
 * One direction of a tunnel. Passes the bytes of whole headers and control frames, and payload as it comes; bytes that
 * belong together go on in one piece.
 */
final class Flow {

    /** What a flow asks of its tunnel. */
    interface Owner {

        /** Data of that many payload bytes passes; a message ends with it or not. */
        void data(Side from, int bytes, boolean messageEnded);

        /** A whole control frame has come: tells whether it passes. */
        boolean control(Side from, int opcode, ByteBuffer payload) throws Violation;

        /** A close frame has been sent on. */
        void closePassed(Side from);

        /** Tells whether the tunnel has a frame of its own for the receiver, or wants to close. */
        boolean wantsBorder(Side from);

        /** Another frame may be put in now. */
        void border(Side from);

        /** Tells whether the receiver can't get any more frames. */
        boolean stopped(Side from);
    }

    private final Side from;
    private final FrameReader reader;
    private final Owner owner;
    private final Tunnel tunnel;
    private ByteBuffer in = ByteBuffer.allocate(0);
    private int passed;
    private int frameStart;
    private int carried;

    Flow(Side from, FrameReader reader, Owner owner, Tunnel tunnel) {
        this.from = from;
        this.reader = reader;
        this.owner = owner;
        this.tunnel = tunnel;
    }

    FrameReader reader() {
        return reader;
    }

    /**
     * Takes bytes.
     *
     * @throws Violation at a frame that must not pass; what came before it has passed, what comes after has not
     */
    void received(ByteBuffer bytes) throws Violation {
        in = bytes;
        passed = bytes.position();
        frameStart = bytes.position();
        carried = reader.held();
        try {
            while (in.hasRemaining() && step()) {
                if (reader.atFrameBorder() && owner.wantsBorder(from)) {
                    pass(frameStart);
                    owner.border(from);
                }
            }
        } finally {
            pass(frameStart);
            in = ByteBuffer.allocate(0);
        }
    }

    /** Reads one step; false when the bytes are used up. */
    private boolean step() throws Violation {
        int start = in.position();
        FrameReader.Step found = reader.next(in);
        switch (found) {
            case HELD -> {}
            case DATA -> {
                passHead();
                owner.data(from, 0, reader.atMessageBorder());
            }
            case PAYLOAD -> {
                frameStart = in.position();
                owner.data(from, in.position() - start, reader.atMessageBorder());
            }
            case CONTROL -> control();
        }
        return found != FrameReader.Step.HELD;
    }

    private void control() throws Violation {
        boolean passes = owner.control(from, reader.opcode(), reader.controlPayload());
        if (passes) {
            passHead();
            if (reader.opcode() == Frames.CLOSE) {
                pass(frameStart);
                owner.closePassed(from);
            }
        } else {
            pass(frameStart);
            skip();
        }
    }

    private void passHead() {
        if (carried > 0 && !owner.stopped(from)) {
            tunnel.send(from.other(), reader.headBytes(carried));
        }
        carried = 0;
        frameStart = in.position();
    }

    private void skip() {
        carried = 0;
        frameStart = in.position();
        passed = frameStart;
    }

    private void pass(int end) {
        if (end > passed && !owner.stopped(from)) {
            ByteBuffer piece = in.duplicate();
            piece.limit(end).position(passed);
            tunnel.send(from.other(), piece);
        }
        passed = Math.max(passed, end);
    }
}
