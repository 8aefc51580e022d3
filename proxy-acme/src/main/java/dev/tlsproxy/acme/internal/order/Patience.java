package dev.tlsproxy.acme.internal.order;

import dev.tlsproxy.acme.internal.ca.CaRefusal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.shredzone.acme4j.AcmeJsonResource;
import org.shredzone.acme4j.PollableResource;
import org.shredzone.acme4j.Status;
import org.shredzone.acme4j.exception.AcmeException;
import org.shredzone.acme4j.exception.AcmeNetworkException;

/**
 * Waits for a CA as it asks to (RFC 8555 section 7.5.1), but never in a tight loop and never for ever. acme4j's own
 * waiting takes a Retry-After in the past for an error.
 */
final class Patience {

    private static final Duration SHORTEST = Duration.ofSeconds(1);
    private static final Duration LONGEST_STEP = Duration.ofSeconds(10);
    private static final Duration TOTAL = Duration.ofMinutes(5);
    private static final int TRIES = 3;

    private final Clock clock;
    private final Pause pause;

    Patience(Clock clock, Pause pause) {
        this.clock = clock;
        this.pause = pause;
    }

    /** A request that may be repeated. */
    @FunctionalInterface
    interface Request<T> {
        T send() throws AcmeException;
    }

    /** Reads it until its status is one of those. */
    <R extends AcmeJsonResource & PollableResource> void await(String what, R resource, Set<Status> decided)
            throws AcmeException, IssueException, InterruptedException {
        Instant deadline = clock.instant().plus(TOTAL);
        Duration waited = Duration.ZERO;
        Duration step = SHORTEST;
        while (true) {
            Optional<Instant> next = fetch(resource);
            if (decided.contains(resource.getStatus())) {
                return;
            }
            Duration wait = next.map(this::until).orElse(step);
            wait = wait.compareTo(SHORTEST) < 0 ? SHORTEST : wait;
            waited = waited.plus(wait); // beside the clock, which may be set back meanwhile
            if (waited.compareTo(TOTAL) > 0 || clock.instant().plus(wait).isAfter(deadline)) {
                throw new IssueException(
                        IssueException.Kind.CA_UNAVAILABLE,
                        what + ": the CA still says \"" + resource.getStatus() + "\" (expected: a decision within "
                                + TOTAL.toMinutes() + " minutes; look at the CA's status page)",
                        next.filter(at -> at.isAfter(clock.instant())),
                        null);
            }
            pause.of(wait);
            step = step.multipliedBy(2).compareTo(LONGEST_STEP) > 0 ? LONGEST_STEP : step.multipliedBy(2);
        }
    }

    /** Reads it now. */
    Optional<Instant> fetch(AcmeJsonResource resource) throws AcmeException, InterruptedException {
        return repeatedly(resource::fetch);
    }

    /** A passing failure in the middle of an order is not worth the order. */
    <T> T repeatedly(Request<T> request) throws AcmeException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            try {
                return request.send();
            } catch (AcmeNetworkException e) {
                if (attempt == TRIES || !mayPass(e)) {
                    throw e;
                }
                pause.of(SHORTEST.multipliedBy(attempt));
            }
        }
    }

    /** Where the CA says when to come back, the whole order waits for that and not we here. */
    private static boolean mayPass(AcmeNetworkException failure) {
        if (failure.getCause() instanceof CaRefusal refusal) {
            return refusal.status() >= 500 && refusal.retryAfter().isEmpty();
        }
        return !Failures.isInterrupt(failure);
    }

    private Duration until(Instant instant) {
        return Duration.between(clock.instant(), instant);
    }
}
