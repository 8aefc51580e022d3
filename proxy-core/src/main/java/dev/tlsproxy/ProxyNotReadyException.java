package dev.tlsproxy;

/** A name had no certificate in time. The message names those without one and the last problem of each. */
public final class ProxyNotReadyException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    ProxyNotReadyException(String message) {
        super(message);
    }
}
