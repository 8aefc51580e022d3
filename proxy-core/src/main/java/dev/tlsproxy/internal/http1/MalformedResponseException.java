package dev.tlsproxy.internal.http1;

import java.io.IOException;

/** What an upstream sent is no response. The message names the fault, never what was sent: that may be a secret. */
public final class MalformedResponseException extends IOException {

    private static final long serialVersionUID = 1L;

    /**
     * A fault.
     *
     * @param fault for logs, without content
     */
    public MalformedResponseException(String fault) {
        super(fault);
    }
}
