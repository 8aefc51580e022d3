package dev.tlsproxy.internal.listen;

import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Knows frames of streams that were reset. Of those that the proxy has reset they were on their way, and have to be ignored;
 * of those that the client itself has reset they are an error of the stream (RFC 9113 section 5.1). Undertow ends the
 * connection at both. It tells nobody which frame it has parsed, so this follows what its parser takes.
 */
final class LateFrames {

    private static final int PREFACE_LENGTH = 24;

    /** A connection that resets more of them within 30 s ends. */
    private static final int MAX_STREAMS = 256;

    private final Set<Integer> reset = new LinkedHashSet<>();
    private final Set<Integer> resetByClient = new LinkedHashSet<>();
    private final ByteBuffer header = ByteBuffer.allocate(FrameGate.HEADER_LENGTH);
    private int preface = PREFACE_LENGTH;
    private int type;
    private int stream;

    /** The proxy ends a stream by a reset; one that the client has reset before has no late frames, but wrong ones. */
    void reset(int streamId) {
        if (!resetByClient.contains(streamId)) {
            add(reset, streamId);
        }
    }

    boolean isResetByClient(int streamId) {
        return resetByClient.contains(streamId);
    }

    private static void add(Set<Integer> streams, int streamId) {
        streams.add(streamId);
        if (streams.size() > MAX_STREAMS) {
            Iterator<Integer> eldest = streams.iterator();
            eldest.next();
            eldest.remove();
        }
    }

    /**
     * Follows the parser.
     *
     * @param taken what it took of the connection's bytes
     * @param frame whether it has come to the end of a frame, or to the payload of a DATA frame
     */
    void parsed(ByteBuffer taken, boolean frame) {
        int skipped = Math.min(preface, taken.remaining());
        preface -= skipped;
        taken.position(taken.position() + skipped);
        int count = Math.min(header.remaining(), taken.remaining());
        header.put(taken.slice(taken.position(), count));
        if (frame) {
            type = header.get(3);
            stream = header.getInt(5) & Integer.MAX_VALUE;
            header.clear();
            if (type == FrameBudget.RST_STREAM) {
                reset.remove(stream);
                add(resetByClient, stream);
            }
        }
    }

    /**
     * Tells whether the frame parsed last is of a stream that the client has reset, the first such; all behind it are late.
     * grpc-java 1.83 sends DATA behind its RST_STREAM now and then.
     */
    boolean isWrong() {
        boolean wrong = isOfAStream() && resetByClient.remove(stream);
        if (wrong) {
            add(reset, stream);
        }
        return wrong;
    }

    /** Tells whether the frame parsed last is one to be ignored: the others Undertow ignores itself. */
    boolean isLate() {
        return isOfAStream() && reset.contains(stream);
    }

    private boolean isOfAStream() {
        return type == FrameBudget.DATA || type == FrameBudget.HEADERS;
    }

    int stream() {
        return stream;
    }

    /** What the frame parsed last takes from the connection's flow-control window, padding too (RFC 9113 section 6.9.1). */
    int windowTaken() {
        return type == FrameBudget.DATA ? header.getInt(0) >>> 8 : 0;
    }
}
