package dev.tlsproxy.acme.internal.order;

/** A challenge was not met: another type may be. */
final class ChallengeFailedException extends Exception {

    private static final long serialVersionUID = 1L;

    private final IssueException failure;

    ChallengeFailedException(IssueException failure) {
        super(failure);
        this.failure = failure;
    }

    /** What to tell when there is no other. */
    IssueException failure() {
        return failure;
    }
}
