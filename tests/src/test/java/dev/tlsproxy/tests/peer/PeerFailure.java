package dev.tlsproxy.tests.peer;

/** A real peer did not do what the test needs of it. */
public final class PeerFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    PeerFailure(String message) {
        super(message);
    }

    PeerFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
