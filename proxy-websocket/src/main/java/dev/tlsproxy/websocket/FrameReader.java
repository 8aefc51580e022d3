package dev.tlsproxy.websocket;

import static dev.tlsproxy.websocket.Frames.CLOSE;
import static dev.tlsproxy.websocket.Frames.CONTINUATION;
import static dev.tlsproxy.websocket.Frames.PONG;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Finds the frames in the bytes of one side and checks them (RFC 6455 section 5). Keeps headers and control frames
 * until they are whole, and nothing else. Whether text is UTF-8 is left to its receiver: RFC 6455 lets an intermediary
 * pass it, and compressed text can't be told here.
 */
final class FrameReader {

    /** What {@link #next} has found. */
    enum Step {
        /** The bytes are used up inside a header or a control frame; they are {@link #held}. */
        HELD,
        /** The header of a data frame is whole. */
        DATA,
        /** Some payload of a data frame. */
        PAYLOAD,
        /** A control frame is whole. */
        CONTROL
    }

    private static final int MAX_HEADER = 14;
    private static final int MAX_CONTROL = 125;

    private final boolean masked;
    private final long maxFrame;
    private final long maxMessage;
    private final byte[] head = new byte[MAX_HEADER + MAX_CONTROL];
    private int reserved;
    private boolean onlyFirst;
    private int held;
    private long left;
    private boolean fin;
    private boolean inMessage;
    private long messageBytes;

    /**
     * A reader at the start of a tunnel.
     *
     * @param masked whether the sender must mask: true for the client
     * @param maxFrame most payload bytes of a frame
     * @param maxMessage most payload bytes of a message
     */
    FrameReader(boolean masked, long maxFrame, long maxMessage) {
        this.masked = masked;
        this.maxFrame = maxFrame;
        this.maxMessage = maxMessage;
    }

    /**
     * Says which reserved bits an extension may set.
     *
     * @param bits of 0x70
     * @param onlyFirst whether they may stand in the first frame of a message only (RFC 7692 section 6)
     */
    void allowReserved(int bits, boolean onlyFirst) {
        this.reserved = bits;
        this.onlyFirst = onlyFirst;
    }

    /**
     * Consumes bytes up to the end of the next step.
     *
     * @param in at least one byte
     * @return what was found
     * @throws Violation when the frame must not pass; the reader is of no use after it
     */
    Step next(ByteBuffer in) throws Violation {
        if (left > 0) {
            int count = (int) Math.min(left, in.remaining());
            in.position(in.position() + count);
            left -= count;
            endOfFrame();
            return Step.PAYLOAD;
        }
        if (held == size()) {
            held = 0;
        }
        while (held < size()) {
            if (!in.hasRemaining()) {
                return Step.HELD;
            }
            head[held++] = in.get();
            if (held == 2) {
                checkFirst();
            }
        }
        return isControl() ? Step.CONTROL : beginData();
    }

    /** How many bytes of a header or control frame that is not whole are kept. */
    int held() {
        return held < size() ? held : 0;
    }

    /** Copies the first bytes of the header or control frame last read. */
    ByteBuffer headBytes(int count) {
        return ByteBuffer.wrap(Arrays.copyOf(head, count));
    }

    /** Tells whether the last step ended a frame, so that another may be put in. */
    boolean atFrameBorder() {
        return left == 0;
    }

    /** Tells whether no message and no frame is under way. */
    boolean atMessageBorder() {
        return left == 0 && held() == 0 && !inMessage;
    }

    int opcode() {
        return head[0] & 0x0f;
    }

    /** The payload of the control frame last read, unmasked. */
    ByteBuffer controlPayload() {
        int start = headerSize();
        byte[] payload = Arrays.copyOfRange(head, start, held);
        if (masked) {
            for (int i = 0; i < payload.length; i++) {
                payload[i] ^= head[start - 4 + i % 4];
            }
        }
        return ByteBuffer.wrap(payload);
    }

    private Step beginData() throws Violation {
        long length = checkedLength();
        if (length > maxFrame) {
            throw Violation.tooBig("frame too large");
        }
        messageBytes = opcode() == CONTINUATION ? messageBytes + length : length;
        if (messageBytes > maxMessage || messageBytes < 0) {
            throw Violation.tooBig("message too large");
        }
        left = length;
        fin = head[0] < 0;
        inMessage = true;
        endOfFrame();
        return Step.DATA;
    }

    private void endOfFrame() {
        if (left == 0 && fin) {
            inMessage = false;
        }
    }

    private void checkFirst() throws Violation {
        boolean last = head[0] < 0;
        int opcode = opcode();
        if ((opcode > 2 && opcode < CLOSE) || opcode > PONG) {
            throw Violation.protocol("unknown opcode");
        }
        int mayBeSet = onlyFirst && (isControl() || opcode == CONTINUATION) ? 0 : reserved;
        if ((head[0] & 0x70 & ~mayBeSet) != 0) {
            throw Violation.protocol("reserved bit without extension");
        }
        if (masked != (head[1] < 0)) {
            throw Violation.protocol(masked ? "unmasked frame from client" : "masked frame from server");
        }
        if (isControl()) {
            if (!last) {
                throw Violation.protocol("fragmented control frame");
            }
            if (shortLength() > MAX_CONTROL) {
                throw Violation.protocol("control frame too large");
            }
        } else if ((opcode == CONTINUATION) != inMessage) {
            throw Violation.protocol(inMessage ? "new message inside a message" : "continuation of no message");
        }
    }

    private long checkedLength() throws Violation {
        ByteBuffer extended = ByteBuffer.wrap(head, 2, 8);
        if (shortLength() < 126) {
            return shortLength();
        }
        long length = shortLength() == 126 ? extended.getShort() & 0xffff : extended.getLong();
        if (length < 0) {
            throw Violation.protocol("length beyond 63 bits");
        }
        if (length < (shortLength() == 126 ? 126 : 0x10000)) {
            throw Violation.protocol("length not in its shortest form");
        }
        return length;
    }

    /** How many bytes are kept before the next step; known once two are there. */
    private int size() {
        if (held < 2) {
            return 2;
        }
        return isControl() ? headerSize() + shortLength() : headerSize();
    }

    private int headerSize() {
        int extended = shortLength() < 126 ? 0 : shortLength() == 126 ? 2 : 8;
        return 2 + extended + (masked ? 4 : 0);
    }

    private int shortLength() {
        return head[1] & 0x7f;
    }

    private boolean isControl() {
        return opcode() >= CLOSE;
    }
}
