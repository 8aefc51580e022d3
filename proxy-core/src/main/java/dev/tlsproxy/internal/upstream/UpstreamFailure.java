package dev.tlsproxy.internal.upstream;

/** Why an upstream gave no response, and the status code the client gets for it. */
public enum UpstreamFailure {
    /** The name of the upstream can't be resolved. */
    UNKNOWN_HOST(502, "upstream name can't be resolved"),
    /** The upstream does not accept connections. */
    REFUSED(502, "upstream refused the connection"),
    /** The upstream's certificate is not trusted, or the handshake failed. */
    TLS(502, "TLS handshake with upstream failed"),
    /** The upstream closed the connection before it answered. */
    CLOSED(502, "upstream closed the connection"),
    /** What the upstream sent is no HTTP response. */
    BAD_RESPONSE(502, "upstream sent an invalid response"),
    /** The upstream ended the request alone. */
    RESET(502, "upstream reset the request"),
    /** An upgrade was asked for, and the upstream is given as one of HTTP/2, which has none. */
    NO_UPGRADE(501, "upstream speaks HTTP/2, which has no upgrade"),
    /** The request can't be written: a fault of this program. */
    UNSENDABLE(500, "request could not be sent"),
    /** All connections to the upstream are in use, and the queue is full or was waited in too long. */
    NO_CAPACITY(503, "upstream is at its connection limit"),
    /** No connection could be made in time. */
    CONNECT_TIMEOUT(504, "connecting to upstream timed out"),
    /** The response head did not come in time. */
    RESPONSE_TIMEOUT(504, "upstream did not answer in time");

    private final int status;
    private final String reason;

    UpstreamFailure(int status, String reason) {
        this.status = status;
        this.reason = reason;
    }

    /**
     * The status code for the client (RFC 9110 section 15.6).
     *
     * @return 500, 501, 502, 503 or 504
     */
    public int status() {
        return status;
    }

    /**
     * The cause in words, without addresses.
     *
     * @return a part of a sentence
     */
    public String reason() {
        return reason;
    }
}
