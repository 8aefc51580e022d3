package dev.tlsproxy.acme.internal.order;

import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * No certificate is to be had from a CA now. The message is one sentence for a person: the name, the CA's problem type and
 * detail, the address that was tried where the CA tells it, and the likely remedy.
 */
public final class IssueException extends Exception {

    private static final long serialVersionUID = 1L;

    /** What kind of failure it is, which decides what follows. */
    public enum Kind {
        /** The CA can't be reached, or answers nonsense: it is nobody's name that is wrong. */
        CA_UNAVAILABLE,
        /** The CA says it was asked too often. */
        RATE_LIMITED,
        /** The CA could not validate the name: DNS, a firewall or a router may be wrong. */
        NOT_VALIDATED,
        /** Nothing that waiting changes: the CA will not sign this name, or not for this account. */
        FOR_GOOD
    }

    private final Kind kind;
    private final transient Optional<Instant> notBefore;

    /**
     * A failure.
     *
     * @param kind its kind
     * @param message one sentence
     * @param notBefore when the CA allows the next try, from Retry-After; empty where it does not say
     * @param cause what it comes from
     */
    public IssueException(Kind kind, String message, Optional<Instant> notBefore, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.notBefore = notBefore;
    }

    /**
     * The kind.
     *
     * @return one of four
     */
    public Kind kind() {
        return kind;
    }

    /**
     * When the CA allows the next try.
     *
     * @return the instant, or empty where it does not say
     */
    public Optional<Instant> notBefore() {
        return notBefore == null ? Optional.empty() : notBefore;
    }
}
