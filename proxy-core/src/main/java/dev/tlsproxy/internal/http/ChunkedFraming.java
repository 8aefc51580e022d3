package dev.tlsproxy.internal.http;

import java.nio.ByteBuffer;

/**
 * Follows the chunked coding of a client request (RFC 9112 section 7.1) beside Undertow's own reader, which decodes it:
 * that one takes LF for CRLF, anything behind a chunk's data for its end, no size for 0, and sizes from 2^56 on for other
 * ones. A proxy in front of this one that reads such a body by the letter sees other requests. Changes nothing.
 */
final class ChunkedFraming {

    /** 2^56: Undertow's reader keeps its state in the bits above. */
    private static final int MAX_SIZE_DIGITS = 14;

    private enum State {
        SIZE,
        BLANK,
        EXTENSION,
        SIZE_LF,
        DATA,
        DATA_CR,
        DATA_LF,
        TRAILER,
        NAME,
        VALUE,
        VALUE_LF,
        LAST_LF,
        COMPLETE,
        MALFORMED
    }

    private State state = State.SIZE;
    private int digits;
    private long left;

    /** Takes all bytes there are, or those up to the end of the body; true while there is nothing wrong. */
    boolean follow(ByteBuffer bytes) {
        while (bytes.hasRemaining() && state != State.COMPLETE && state != State.MALFORMED) {
            if (state == State.DATA) {
                int data = (int) Math.min(left, bytes.remaining());
                bytes.position(bytes.position() + data);
                left -= data;
                state = left == 0 ? State.DATA_CR : State.DATA;
            } else {
                state = next(bytes.get());
            }
        }
        return state != State.MALFORMED;
    }

    /** The empty line behind the last chunk has come. */
    boolean isComplete() {
        return state == State.COMPLETE;
    }

    boolean isMalformed() {
        return state == State.MALFORMED;
    }

    private State next(byte b) {
        return switch (state) {
            case SIZE -> size(b);
            case BLANK -> isBlank(b) ? State.BLANK : b == ';' ? State.EXTENSION : State.MALFORMED;
            case EXTENSION -> b == '\r' ? State.SIZE_LF : text(b, State.EXTENSION);
            case SIZE_LF -> lf(b, chunkBegins());
            case DATA_CR -> b == '\r' ? State.DATA_LF : State.MALFORMED;
            case DATA_LF -> lf(b, State.SIZE);
            case TRAILER -> b == '\r' ? State.LAST_LF : name(b);
            case NAME -> b == ':' ? State.VALUE : name(b);
            case VALUE -> b == '\r' ? State.VALUE_LF : text(b, State.VALUE);
            case VALUE_LF -> lf(b, State.TRAILER);
            case LAST_LF -> lf(b, State.COMPLETE);
            default -> throw new IllegalStateException(state.name());
        };
    }

    /** A space is allowed before an extension only (RFC 9112 section 7.1.1). */
    private State size(byte b) {
        int digit = b < 0 ? -1 : Character.digit((char) b, 16);
        if (digit >= 0) {
            left = digits == 0 ? digit : left * 16 + digit;
            return ++digits > MAX_SIZE_DIGITS ? State.MALFORMED : State.SIZE;
        }
        if (digits == 0) {
            return State.MALFORMED;
        }
        digits = 0;
        return b == '\r' ? State.SIZE_LF : b == ';' ? State.EXTENSION : isBlank(b) ? State.BLANK : State.MALFORMED;
    }

    private State chunkBegins() {
        return left == 0 ? State.TRAILER : State.DATA;
    }

    private static State name(byte b) {
        return FieldRules.isToken(b) ? State.NAME : State.MALFORMED;
    }

    private static State text(byte b, State same) {
        return b == '\t' || ((b & 0xFF) >= ' ' && b != 0x7F) ? same : State.MALFORMED;
    }

    private static State lf(byte b, State then) {
        return b == '\n' ? then : State.MALFORMED;
    }

    private static boolean isBlank(byte b) {
        return b == ' ' || b == '\t';
    }
}
