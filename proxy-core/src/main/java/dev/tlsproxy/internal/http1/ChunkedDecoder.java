package dev.tlsproxy.internal.http1;

import io.undertow.util.HeaderMap;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Takes the chunked coding (RFC 9112 section 7.1) off a body, in place. Chunk extensions are dropped; trailers are kept
 * for the end.
 */
final class ChunkedDecoder {

    /** A chunk's size and its extensions. */
    static final int MAX_SIZE_LINE = 4 * 1024;

    static final int MAX_TRAILER_BYTES = 16 * 1024;
    static final int MAX_TRAILERS = 100;

    private static final int MAX_SIZE_DIGITS = 15;

    private enum State {
        SIZE,
        DATA,
        DATA_END,
        TRAILERS,
        DONE
    }

    private final LineReader lines = new LineReader();
    private State state = State.SIZE;
    private long left;
    private @Nullable FieldLines trailers;

    /**
     * Decodes what stands between an index and the buffer's position, and moves the position back to the end of the data
     * among it.
     *
     * @return how many bytes came behind the end of the body; they are no data
     */
    int decode(ByteBuffer buffer, int from) throws MalformedResponseException {
        ByteBuffer coded = buffer.duplicate().flip().position(from);
        int to = from;
        while (state != State.DONE && coded.hasRemaining()) {
            if (state == State.DATA) {
                int data = (int) Math.min(left, coded.remaining());
                if (to != coded.position()) {
                    buffer.put(to, buffer, coded.position(), data);
                }
                coded.position(coded.position() + data);
                to += data;
                data(data);
            } else {
                framing(coded);
            }
        }
        buffer.position(to);
        return coded.remaining();
    }

    boolean isDone() {
        return state == State.DONE;
    }

    /** The trailers, once it is done; may be empty. */
    HeaderMap trailers() {
        return trailers == null ? new HeaderMap() : trailers.fields();
    }

    private void data(int bytes) {
        left -= bytes;
        if (left == 0) {
            state = State.DATA_END;
        }
    }

    private void framing(ByteBuffer coded) throws MalformedResponseException {
        switch (state) {
            case SIZE -> {
                if (lines.read(coded, MAX_SIZE_LINE, "chunk size")) {
                    left = size();
                    state = left > 0 ? State.DATA : State.TRAILERS;
                }
            }
            case DATA_END -> {
                if (lines.read(coded, 0, "chunk")) {
                    state = State.SIZE;
                }
            }
            default -> {
                if (trailers == null) {
                    trailers = new FieldLines(lines, "trailers", MAX_TRAILER_BYTES, MAX_TRAILERS);
                }
                if (trailers.read(coded)) {
                    state = State.DONE;
                }
            }
        }
    }

    private long size() throws MalformedResponseException {
        byte[] line = lines.bytes();
        int length = lines.length();
        long size = 0;
        int digits = 0;
        while (digits < length && Octets.hex(line[digits]) >= 0) {
            if (digits == MAX_SIZE_DIGITS) {
                throw new MalformedResponseException("chunk size: more than " + MAX_SIZE_DIGITS + " digits");
            }
            size = size * 16 + Octets.hex(line[digits]);
            digits++;
        }
        if (digits == 0) {
            throw new MalformedResponseException("chunk size: no hexadecimal digit");
        }
        int end = digits;
        while (end < length && Octets.isBlank(line[end])) {
            end++;
        }
        // space is allowed before an extension (RFC 9112 section 7.1.1), and nothing else may stand here
        if ((end < length && line[end] != ';') || (end == length && end > digits)) {
            throw new MalformedResponseException("chunk size: not a hexadecimal number");
        }
        for (int i = end; i < length; i++) {
            if (!Octets.isText(line[i])) {
                throw new MalformedResponseException("chunk size: control character in an extension");
            }
        }
        return size;
    }
}
