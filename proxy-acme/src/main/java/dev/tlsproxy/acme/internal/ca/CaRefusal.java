package dev.tlsproxy.acme.internal.ca;

import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import org.shredzone.acme4j.Problem;

/**
 * An error answer of a CA, with what acme4j's own exceptions lose: the status of an answer that is no problem document,
 * and Retry-After of one that is not rateLimited.
 */
public final class CaRefusal extends IOException {

    private static final long serialVersionUID = 1L;

    private final int status;
    private final transient Optional<Problem> problem;
    private final transient Optional<Instant> retryAfter;

    CaRefusal(int status, Optional<Problem> problem, Optional<Instant> retryAfter) {
        super("HTTP " + status);
        this.status = status;
        this.problem = problem;
        this.retryAfter = retryAfter;
    }

    /** The HTTP status, 400 or more. */
    public int status() {
        return status;
    }

    /** What the CA says, where it speaks ACME and not, say, HTML. */
    public Optional<Problem> problem() {
        return problem;
    }

    /** From Retry-After, in the time of our clock; may be past. */
    public Optional<Instant> retryAfter() {
        return retryAfter;
    }
}
