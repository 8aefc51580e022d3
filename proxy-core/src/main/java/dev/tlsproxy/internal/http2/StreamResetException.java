package dev.tlsproxy.internal.http2;

import java.io.IOException;

/** The upstream ended a request without a whole response, and did not say that the connection is at fault. */
public final class StreamResetException extends IOException {

    private static final long serialVersionUID = 1L;

    private final boolean unprocessed;

    StreamResetException(String how, boolean unprocessed) {
        super(how);
        this.unprocessed = unprocessed;
    }

    /**
     * Whether the upstream says that it did nothing for the request: then it may be sent again whatever its method (RFC 9113
     * section 8.7).
     *
     * @return true for REFUSED_STREAM, and for a stream that GOAWAY leaves out
     */
    public boolean isUnprocessed() {
        return unprocessed;
    }
}
