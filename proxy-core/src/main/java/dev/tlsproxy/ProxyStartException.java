package dev.tlsproxy;

/** A proxy could not start; nothing it opened is left open. The message names the thing and the remedy. */
public final class ProxyStartException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    ProxyStartException(String message, Throwable cause) {
        super(message, cause);
    }
}
