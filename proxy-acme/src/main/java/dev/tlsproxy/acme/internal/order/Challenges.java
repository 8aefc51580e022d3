package dev.tlsproxy.acme.internal.order;

import dev.tlsproxy.acme.spi.ChallengeType;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.shredzone.acme4j.Authorization;
import org.shredzone.acme4j.Status;
import org.shredzone.acme4j.challenge.Challenge;
import org.shredzone.acme4j.challenge.TokenChallenge;
import org.shredzone.acme4j.exception.AcmeException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The challenges of one order: all are presented before the first is initiated, and all taken back when closed. */
final class Challenges implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Challenges.class);
    private static final Set<Status> DECIDED =
            EnumSet.of(Status.VALID, Status.INVALID, Status.DEACTIVATED, Status.EXPIRED, Status.REVOKED);

    private final OrderName name;
    private final ChallengeChoice choice;
    private final Presenter presenter;
    private final Patience patience;
    private final Failures failures;
    private final List<Authorization> open = new ArrayList<>();
    private final List<Presenter.Answer> answers = new ArrayList<>();

    Challenges(OrderName name, ChallengeChoice choice, Presenter presenter, Patience patience, Failures failures) {
        this.name = name;
        this.choice = choice;
        this.presenter = presenter;
        this.patience = patience;
        this.failures = failures;
    }

    void present(Authorization authorization) throws IssueException, ChallengeFailedException, InterruptedException {
        open.add(authorization);
        List<Challenge> offered = authorization.getChallenges();
        List<String> types = offered.stream().map(Challenge::getType).toList();
        ChallengeType type = choice.choose(name, types).orElseThrow(() -> failures.noneOffered(name, types));
        TokenChallenge challenge = offered.stream()
                .filter(candidate -> candidate.getType().equals(type.toString()))
                .map(TokenChallenge.class::cast)
                .findFirst()
                .orElseThrow();
        Presenter.Answer answer = presenter.prepare(name, type, challenge, authorization);
        answers.add(answer); // first, as what fails half-way is taken back too
        try {
            answer.present();
        } catch (java.io.IOException e) {
            throw failed(type, failures.notPresented(name, type, e));
        }
    }

    void awaitVisible() throws ChallengeFailedException, InterruptedException {
        for (Presenter.Answer answer : answers) {
            try {
                answer.await();
            } catch (java.io.IOException e) {
                throw failed(answer.type(), failures.notPresented(name, answer.type(), e));
            }
        }
    }

    void initiate() throws AcmeException {
        for (Presenter.Answer answer : answers) {
            answer.challenge().trigger();
        }
    }

    void awaitValid() throws AcmeException, IssueException, ChallengeFailedException, InterruptedException {
        for (Presenter.Answer answer : answers) {
            Authorization authorization = answer.authorization();
            patience.await(name + ": authorization", authorization, DECIDED);
            if (authorization.getStatus() != Status.VALID) {
                throw failed(answer.type(), failures.notValid(name, answer.type(), authorization));
            }
            choice.succeeded(name, answer.type());
        }
    }

    private ChallengeFailedException failed(ChallengeType type, IssueException failure) {
        choice.failed(name, type);
        return new ChallengeFailedException(failure);
    }

    /** Also when interrupted: then without asking the CA for anything. */
    @Override
    public void close() {
        boolean interrupted = Thread.interrupted();
        for (Presenter.Answer answer : answers) {
            interrupted |= answer.takeBack();
        }
        for (Authorization authorization : open) {
            if (!interrupted) {
                deactivate(authorization);
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** What is left pending counts against a limit of the CA. */
    private static void deactivate(Authorization authorization) {
        try {
            if (authorization.getStatus() == Status.PENDING) {
                authorization.deactivate();
            }
        } catch (AcmeException | RuntimeException e) {
            LOG.debug("authorization {} is left pending", authorization.getLocation(), e);
        }
    }
}
