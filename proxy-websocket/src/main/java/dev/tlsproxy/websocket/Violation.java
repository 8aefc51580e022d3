package dev.tlsproxy.websocket;

/** A frame that must not pass: the tunnel is closed with its code. */
final class Violation extends Exception {

    private static final long serialVersionUID = 1;

    private final int code;

    private Violation(int code, String reason) {
        super(reason, null, false, false);
        this.code = code;
    }

    static Violation protocol(String reason) {
        return new Violation(CloseCode.PROTOCOL_ERROR, reason);
    }

    static Violation notUtf8(String reason) {
        return new Violation(CloseCode.NOT_CONSISTENT, reason);
    }

    static Violation tooBig(String reason) {
        return new Violation(CloseCode.TOO_BIG, reason);
    }

    int code() {
        return code;
    }

    /** At most 123 bytes of ASCII: it stands in a close frame. */
    String reason() {
        return String.valueOf(getMessage());
    }
}
