package dev.tlsproxy.internal.http1;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** Puts a line together that may come in any number of pieces. Only CRLF ends it (RFC 9112 section 2.2). */
final class LineReader {

    private byte[] bytes = new byte[128];
    private int length;
    private boolean afterCr;
    private boolean complete;

    /**
     * Takes bytes up to the end of a line, or all there are. After a complete line the next call begins a new one.
     *
     * @param limit how many bytes the line may have, without its CRLF
     * @param what for the message
     * @return whether the line is complete
     */
    boolean read(ByteBuffer in, int limit, String what) throws MalformedResponseException {
        if (complete) {
            complete = false;
            length = 0;
        }
        while (in.hasRemaining()) {
            byte octet = in.get();
            if (afterCr) {
                if (octet != '\n') {
                    throw new MalformedResponseException(what + ": CR without LF");
                }
                afterCr = false;
                complete = true;
                return true;
            }
            if (octet == '\r') {
                afterCr = true;
            } else if (octet == '\n') {
                throw new MalformedResponseException(what + ": LF without CR");
            } else {
                in.position(in.position() - 1);
                append(in, run(in), limit, what);
            }
        }
        return false;
    }

    /** How many bytes there are before the next CR or LF. */
    private static int run(ByteBuffer in) {
        int from = in.position();
        int to = in.limit();
        int at = from;
        while (at < to && in.get(at) != '\r' && in.get(at) != '\n') {
            at++;
        }
        return at - from;
    }

    private void append(ByteBuffer in, int count, int limit, String what) throws MalformedResponseException {
        if (count > limit - length) {
            throw new MalformedResponseException(what + ": too long");
        }
        if (count > bytes.length - length) {
            bytes = Arrays.copyOf(bytes, Math.max(length + count, 2 * bytes.length));
        }
        in.get(bytes, length, count);
        length += count;
    }

    /** The line's bytes, valid until the next call of read; beyond {@link #length} they mean nothing. */
    byte[] bytes() {
        return bytes;
    }

    int length() {
        return length;
    }
}
