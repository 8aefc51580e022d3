package dev.tlsproxy.acme.internal.order;

import dev.tlsproxy.acme.internal.ca.CaRefusal;
import dev.tlsproxy.acme.internal.order.IssueException.Kind;
import dev.tlsproxy.acme.spi.ChallengeType;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.shredzone.acme4j.Authorization;
import org.shredzone.acme4j.Order;
import org.shredzone.acme4j.Problem;
import org.shredzone.acme4j.Status;
import org.shredzone.acme4j.challenge.Challenge;
import org.shredzone.acme4j.exception.AcmeNetworkException;
import org.shredzone.acme4j.exception.AcmeNotSupportedException;
import org.shredzone.acme4j.exception.AcmeServerException;

/** Makes an {@link IssueException} of each way in which an order can fail. */
final class Failures {

    private final URI directory;

    Failures(URI directory) {
        this.directory = directory;
    }

    IssueException translate(String name, Exception failure) throws InterruptedException {
        if (isInterrupt(failure)) {
            Thread.interrupted(); // told by the exception instead
            InterruptedException interrupt = new InterruptedException("interrupted while asking " + directory);
            interrupt.initCause(failure);
            throw interrupt;
        }
        CaRefusal refusal = find(failure, CaRefusal.class);
        Optional<Problem> problem = problemOf(failure);
        if (problem.isPresent()) {
            return Problems.failure(
                    name, problem.get(), refusal == null ? Optional.empty() : refusal.retryAfter(), "", failure);
        }
        if (refusal != null) {
            return unexplained(name, refusal);
        }
        if (find(failure, AcmeNetworkException.class) != null) {
            return unreachable(name, failure);
        }
        if (find(failure, AcmeNotSupportedException.class) != null) {
            boolean profile =
                    failure.getMessage() != null && failure.getMessage().contains("profile");
            return new IssueException(
                    profile ? Kind.FOR_GOOD : Kind.CA_UNAVAILABLE,
                    name + ": " + directory + ": " + failure.getMessage() + " (expected: "
                            + (profile
                                    ? "a profile that the CA's directory lists, or none"
                                    : "the directory of an ACME CA")
                            + ")",
                    Optional.empty(),
                    failure);
        }
        return new IssueException(
                Kind.CA_UNAVAILABLE,
                name + ": " + directory + " gave no ACME answer: "
                        + Problems.plain(String.valueOf(failure.getMessage()))
                        + " (expected: the directory of an ACME CA)",
                Optional.empty(),
                failure);
    }

    private IssueException unexplained(String name, CaRefusal refusal) {
        boolean rateLimited = refusal.status() == 429;
        return new IssueException(
                rateLimited ? Kind.RATE_LIMITED : Kind.CA_UNAVAILABLE,
                name + ": " + directory + " answered HTTP " + refusal.status() + " without a reason (expected: "
                        + (rateLimited
                                ? "fewer requests; tried again later"
                                : "an ACME answer; look at the CA's status page, or whether that is its directory")
                        + ")",
                refusal.retryAfter(),
                refusal);
    }

    private IssueException unreachable(String name, Exception failure) {
        IOException cause = find(failure, IOException.class);
        boolean trust = find(failure, SSLException.class) != null;
        boolean silent = find(failure, ConnectException.class) != null;
        String reason = cause == null || cause.getMessage() == null
                ? (silent ? "no connection" : "connection lost")
                : Problems.plain(cause.getMessage());
        return new IssueException(
                Kind.CA_UNAVAILABLE,
                name + ": " + directory + " can't be reached: " + reason + " (expected: "
                        + (trust
                                ? "a CA whose own TLS certificate this JVM trusts; name a private CA's root"
                                : "a way to that CA; look at DNS, firewall and the CA's status page")
                        + ")",
                Optional.empty(),
                failure);
    }

    void requireNot(Status status, OrderName name, Order order) throws IssueException {
        if (order.getStatus() == status) {
            throw order.getError()
                    .map(problem -> Problems.failure(name.text(), problem, Optional.empty(), "", null))
                    .orElseGet(() -> new IssueException(
                            Kind.CA_UNAVAILABLE,
                            name + ": " + directory + " gave the order up without a reason (expected: a certificate;"
                                    + " tried again later)",
                            Optional.empty(),
                            null));
        }
    }

    IssueException noneOffered(OrderName name, List<String> offered) {
        return new IssueException(
                Kind.NOT_VALIDATED,
                name + ": " + directory + " offers the challenges " + offered
                        + " (expected: one that is set up and did not fail before)",
                Optional.empty(),
                null);
    }

    IssueException notPresented(OrderName name, ChallengeType type, IOException cause) {
        return new IssueException(
                Kind.NOT_VALIDATED,
                name + ": the answer to " + type + " can't be given: "
                        + Problems.plain(String.valueOf(cause.getMessage()))
                        + " (expected: a ChallengeSolver that works for this name)",
                Optional.empty(),
                cause);
    }

    IssueException notValid(OrderName name, ChallengeType type, Authorization authorization) {
        for (Challenge challenge : authorization.getChallenges()) {
            Optional<Problem> error = challenge.getError();
            if (error.isPresent()) {
                return Problems.failure(
                        name.text() + ": " + challenge.getType(),
                        error.get(),
                        Optional.empty(),
                        Problems.tried(challenge),
                        null);
            }
        }
        return new IssueException(
                Kind.NOT_VALIDATED,
                name + ": " + type + ": the authorization is " + authorization.getStatus()
                        + " without a reason (expected: valid; tried again later)",
                Optional.empty(),
                null);
    }

    static boolean isInterrupt(Throwable failure) {
        return find(failure, InterruptedIOException.class) != null && find(failure, InterruptedException.class) != null;
    }

    /** Whether the CA answered with that problem of RFC 8555 section 6.7. */
    static boolean hasType(Throwable failure, String type) {
        return problemOf(failure)
                .filter(problem -> Problems.type(problem).equals(type))
                .isPresent();
    }

    static Optional<Problem> problemOf(Throwable failure) {
        CaRefusal refusal = find(failure, CaRefusal.class);
        if (refusal != null) {
            return refusal.problem();
        }
        AcmeServerException server = find(failure, AcmeServerException.class);
        return server == null ? Optional.empty() : Optional.of(server.getProblem());
    }

    private static <T> @Nullable T find(Throwable failure, Class<T> type) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return type.cast(cause);
            }
        }
        return null;
    }
}
