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
                append(octet, limit, what);
            }
        }
        return false;
    }

    private void append(byte octet, int limit, String what) throws MalformedResponseException {
        if (length >= limit) {
            throw new MalformedResponseException(what + ": too long");
        }
        if (length == bytes.length) {
            bytes = Arrays.copyOf(bytes, length * 2);
        }
        bytes[length++] = octet;
    }

    /** The line's bytes, valid until the next call of read; beyond {@link #length} they mean nothing. */
    byte[] bytes() {
        return bytes;
    }

    int length() {
        return length;
    }
}
