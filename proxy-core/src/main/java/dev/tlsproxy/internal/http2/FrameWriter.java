package dev.tlsproxy.internal.http2;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.xnio.channels.StreamSinkChannel;

/** Writes frames (RFC 9113 section 6), gathered so that what a turn of the I/O thread has to send goes out in one write. */
final class FrameWriter {

    /** Beyond so many octets that wait, no DATA is taken. */
    static final int ROOM = 64 * 1024;

    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final StreamSinkChannel sink;
    private byte[] bytes = new byte[1024];
    private int from;
    private int to;

    FrameWriter(StreamSinkChannel sink) {
        this.sink = sink;
    }

    /** Octets that wait for the operating system. */
    int pending() {
        return to - from;
    }

    /**
     * What a client begins with (section 3.4).
     *
     * @param settings identifiers and values in turn
     */
    void preface(int... settings) {
        reserve(PREFACE.length);
        System.arraycopy(PREFACE, 0, bytes, to, PREFACE.length);
        to += PREFACE.length;
        head(settings.length * 3, Frame.SETTINGS, 0, 0);
        for (int i = 0; i < settings.length; i += 2) {
            octet(settings[i] >> 8);
            octet(settings[i]);
            integer(settings[i + 1]);
        }
    }

    void settingsAck() {
        head(0, Frame.SETTINGS, Frame.ACK, 0);
    }

    void pingAck(long opaque) {
        head(8, Frame.PING, Frame.ACK, 0);
        integer((int) (opaque >> 32));
        integer((int) opaque);
    }

    void goAway(int code) {
        head(8, Frame.GOAWAY, 0, 0);
        integer(0); // an upstream opens no streams
        integer(code);
    }

    void reset(int stream, int code) {
        head(4, Frame.RST_STREAM, 0, stream);
        integer(code);
    }

    void windowUpdate(int stream, int increment) {
        head(4, Frame.WINDOW_UPDATE, 0, stream);
        integer(increment);
    }

    /** Field section, in as many frames as it takes. */
    void head(int stream, ByteBuffer block, boolean endStream, int maxPayload) {
        int type = Frame.HEADERS;
        int flags = endStream ? Frame.END_STREAM : 0;
        do {
            int length = Math.min(maxPayload, block.remaining());
            head(length, type, length == block.remaining() ? flags | Frame.END_HEADERS : flags, stream);
            content(block, length);
            type = Frame.CONTINUATION;
            flags = 0;
        } while (block.hasRemaining());
    }

    void data(int stream, ByteBuffer from, int length, boolean endStream) {
        head(length, Frame.DATA, endStream ? Frame.END_STREAM : 0, stream);
        content(from, length);
    }

    /** Sends what waits; true when all of it is with the operating system. */
    boolean flush() throws IOException {
        ByteBuffer out = ByteBuffer.wrap(bytes, from, to - from);
        while (out.hasRemaining() && sink.write(out) > 0) {
            // on
        }
        from = out.position();
        if (from < to) {
            return false;
        }
        from = 0;
        to = 0;
        return sink.flush();
    }

    private void head(int length, int type, int flags, int stream) {
        reserve(Frame.HEAD + length);
        octet(length >> 16);
        octet(length >> 8);
        octet(length);
        octet(type);
        octet(flags);
        integer(stream);
    }

    private void content(ByteBuffer source, int length) {
        source.get(bytes, to, length);
        to += length;
    }

    private void integer(int value) {
        octet(value >> 24);
        octet(value >> 16);
        octet(value >> 8);
        octet(value);
    }

    private void octet(int octet) {
        bytes[to++] = (byte) octet;
    }

    private void reserve(int more) {
        if (bytes.length - to >= more) {
            return;
        }
        int waiting = to - from;
        byte[] target = waiting + more > bytes.length ? new byte[Math.max(waiting + more, 2 * bytes.length)] : bytes;
        System.arraycopy(bytes, from, target, 0, waiting);
        bytes = target;
        from = 0;
        to = waiting;
    }
}
