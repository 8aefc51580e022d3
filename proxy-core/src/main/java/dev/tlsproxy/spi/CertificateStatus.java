package dev.tlsproxy.spi;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * How it stands with the certificate of one name.
 *
 * @param name the host pattern or IP address
 * @param state the state
 * @param notAfter when the certificate that is served expires; empty where none is
 * @param until for {@link State#BACKING_OFF}, when it is tried again; else empty
 * @param problem for {@link State#BACKING_OFF} and {@link State#FAILED_FOR_GOOD}, one sentence with the name, the CA's
 *     problem type and detail, the address that was tried where the CA tells it, and the likely remedy; else empty
 */
public record CertificateStatus(
        String name, State state, Optional<Instant> notAfter, Optional<Instant> until, Optional<String> problem) {

    /** The states of a name. */
    public enum State {
        /** No certificate yet, and nothing tried. */
        WAITING,
        /** Served from the store. */
        LOADED,
        /** An order is under way; a certificate from before is served meanwhile. */
        ORDERING,
        /** Issued by this run, and served. */
        ISSUED,
        /** Served, and due to be renewed. */
        RENEWAL_DUE,
        /** The last try failed; tried again at a stated time. */
        BACKING_OFF,
        /** The CA will never sign this name as things stand; not tried again before a restart. */
        FAILED_FOR_GOOD
    }

    /** Checks that no part is null. */
    public CertificateStatus {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(state, "state");
        Objects.requireNonNull(notAfter, "notAfter");
        Objects.requireNonNull(until, "until");
        Objects.requireNonNull(problem, "problem");
    }

    /**
     * A status without time and problem.
     *
     * @param name the host pattern or IP address
     * @param state the state
     * @param notAfter when the certificate that is served expires; empty where none is
     * @return the status
     */
    public static CertificateStatus of(String name, State state, Optional<Instant> notAfter) {
        return new CertificateStatus(name, state, notAfter, Optional.empty(), Optional.empty());
    }
}
