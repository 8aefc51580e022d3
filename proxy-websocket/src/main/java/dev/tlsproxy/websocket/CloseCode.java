package dev.tlsproxy.websocket;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** The status codes of close frames (RFC 6455 section 7.4, and IANA's registry for 1012 to 1014). */
final class CloseCode {

    static final int GOING_AWAY = 1001;
    static final int PROTOCOL_ERROR = 1002;
    static final int NOT_CONSISTENT = 1007;
    static final int POLICY = 1008;
    static final int TOO_BIG = 1009;
    static final int SERVICE_RESTART = 1012;

    /** Stands for a close frame without a code; never sent. */
    static final int NONE = 1005;

    private CloseCode() {}

    /**
     * Reads the code out of the payload of a close frame.
     *
     * @param payload unmasked; consumed
     * @return the code, or {@link #NONE}
     * @throws Violation when it is no payload that RFC 6455 section 5.5.1 allows
     */
    static int of(ByteBuffer payload) throws Violation {
        if (!payload.hasRemaining()) {
            return NONE;
        }
        if (payload.remaining() == 1) {
            throw Violation.protocol("close frame with half a code");
        }
        int code = payload.getShort() & 0xffff;
        if (!isValid(code)) {
            throw Violation.protocol("close code " + code);
        }
        try {
            StandardCharsets.UTF_8.newDecoder().decode(payload);
        } catch (CharacterCodingException e) {
            throw Violation.notUtf8("close reason not UTF-8");
        }
        return code;
    }

    /** Tells which codes may be on the wire: 1004, 1005, 1006 and 1015 are reserved, 1016 to 2999 not yet given out. */
    static boolean isValid(int code) {
        return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
    }
}
