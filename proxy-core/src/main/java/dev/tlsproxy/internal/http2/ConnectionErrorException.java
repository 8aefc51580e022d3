package dev.tlsproxy.internal.http2;

/** What an upstream did ends the whole connection (RFC 9113 section 5.4.1). The message names the fault, never what was sent. */
final class ConnectionErrorException extends Exception {

    private static final long serialVersionUID = 1L;

    private final int code;

    ConnectionErrorException(int code, String fault) {
        super(fault);
        this.code = code;
    }

    int code() {
        return code;
    }

    String fault() {
        return String.valueOf(getMessage());
    }
}
