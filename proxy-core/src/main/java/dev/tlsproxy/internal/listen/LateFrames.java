package dev.tlsproxy.internal.listen;

import java.nio.ByteBuffer;

/**
 * Knows a frame that belongs to a stream which the proxy has reset: its client had not read the reset when it sent it.
 * Such frames are to be ignored (RFC 9113 section 5.1), where Undertow ends the connection. Used on the connection's I/O
 * thread.
 */
final class LateFrames {

    private static final int PREFACE_LENGTH = 24;

    /** More than Undertow lets a connection have in 30 seconds. */
    private static final int REMEMBERED = 256;

    private final int[] reset = new int[REMEMBERED];
    private final ByteBuffer header = ByteBuffer.allocate(FrameGate.HEADER_LENGTH);
    private int resets;
    private int prefaceLeft = PREFACE_LENGTH;
    private boolean between = true;

    /** The proxy resets a stream. */
    void reset(int stream) {
        reset[resets++ % REMEMBERED] = stream;
    }

    /**
     * Follows what Undertow's parser takes.
     *
     * @param taken the bytes it took by one call
     * @param whole whether it then had a frame
     */
    void parsed(ByteBuffer taken, boolean whole) {
        if (between) {
            header.clear();
            between = false;
        }
        int preface = Math.min(prefaceLeft, taken.remaining());
        prefaceLeft -= preface;
        taken.position(taken.position() + preface);
        while (taken.hasRemaining() && header.hasRemaining()) {
            header.put(taken.get());
        }
        between = whole;
    }

    /** Whether the frame that was parsed last is to be ignored. */
    boolean isLate() {
        int type = header.get(3);
        if (header.hasRemaining() || type != FrameBudget.DATA && type != FrameBudget.HEADERS) {
            return false;
        }
        int stream = header.getInt(5) & Integer.MAX_VALUE;
        for (int one : reset) {
            if (one == stream) {
                return true;
            }
        }
        return false;
    }

    /** How much the frame takes from the connection's flow-control window: that counts a frame nobody reads too. */
    int windowTaken() {
        return header.get(3) == FrameBudget.DATA ? header.getInt(0) >>> 8 : 0;
    }
}
