package dev.tlsproxy.examples.demo;

/** A request that the tracker refuses; the message is its {@code failure reason}. */
final class Refusal extends Exception {

    private static final long serialVersionUID = 1L;

    Refusal(String message) {
        super(message);
    }
}
