package dev.tlsproxy.internal.listen;

import static io.undertow.protocols.http2.Http2Channel.ERROR_ENHANCE_YOUR_CALM;
import static io.undertow.protocols.http2.Http2Channel.ERROR_PROTOCOL_ERROR;

import io.undertow.protocols.http2.ConnectionErrorException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/** A HEADERS frame and its CONTINUATION frames, on their way to become one HEADERS frame (RFC 9113 section 6.10). */
final class HeadBlock {

    static final int END_HEADERS = 4;

    /** Also the largest frame the client may send, so that the joined one is no larger than any other. */
    static final int MAX_BYTES = 32 * 1024;

    /** A client that fills its frames needs two. */
    static final int MAX_FRAMES = 32;

    private static final int PADDED = 8;
    private static final int PRIORITY = 0x20;
    private static final int PRIORITY_LENGTH = 5;

    private final int stream;
    private final int flags;
    private final ByteArrayOutputStream fragments = new ByteArrayOutputStream();
    private int announced;
    private int frames = 1;
    private boolean last;

    HeadBlock(int flags, int stream, int length) throws ConnectionErrorException {
        this.flags = flags;
        this.stream = stream;
        announce(length);
    }

    /** Judges the header of the frame that follows one of the block. */
    void follow(int type, int frameFlags, int frameStream, int length) throws ConnectionErrorException {
        if (type != FrameBudget.CONTINUATION || frameStream != stream) {
            throw new ConnectionErrorException(ERROR_PROTOCOL_ERROR, "a frame within a head block");
        }
        frames++;
        announce(length);
        last = (frameFlags & END_HEADERS) != 0;
    }

    private void announce(int length) throws ConnectionErrorException {
        announced += length;
        if (announced > MAX_BYTES || frames > MAX_FRAMES) {
            throw new ConnectionErrorException(ERROR_ENHANCE_YOUR_CALM, "flood of CONTINUATION frames");
        }
    }

    void add(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        fragments.writeBytes(copy);
    }

    /** At the end of a frame: whether the block ends with it. Padding is the first frame's only. */
    boolean endsHere() throws ConnectionErrorException {
        if (frames == 1 && (flags & PADDED) != 0) {
            removePadding();
        }
        return last;
    }

    private void removePadding() throws ConnectionErrorException {
        byte[] padded = fragments.toByteArray();
        int padding = padded.length == 0 ? 0 : padded[0] & 0xFF;
        int least = 1 + ((flags & PRIORITY) != 0 ? PRIORITY_LENGTH : 0);
        if (padded.length < least + padding) {
            throw new ConnectionErrorException(ERROR_PROTOCOL_ERROR, "padding longer than its HEADERS frame");
        }
        fragments.reset();
        fragments.write(padded, 1, padded.length - 1 - padding);
    }

    byte[] joined() {
        int length = fragments.size();
        ByteBuffer frame = ByteBuffer.allocate(FrameGate.HEADER_LENGTH + length);
        frame.put((byte) (length >> 16)).putShort((short) length);
        frame.put((byte) FrameBudget.HEADERS).put((byte) ((flags & ~PADDED) | END_HEADERS));
        frame.putInt(stream).put(fragments.toByteArray());
        return frame.array();
    }
}
