package dev.tlsproxy.acme.internal.order;

import dev.tlsproxy.acme.internal.ca.CaSession;
import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.spi.ChallengePort;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.shredzone.acme4j.Authorization;
import org.shredzone.acme4j.Login;
import org.shredzone.acme4j.Order;
import org.shredzone.acme4j.OrderBuilder;
import org.shredzone.acme4j.Status;
import org.shredzone.acme4j.exception.AcmeException;

/** An {@link Issuer} that speaks ACME (RFC 8555) with a CA. */
public final class AcmeIssuer implements Issuer {

    private static final Duration EXCHANGE = Duration.ofSeconds(30);
    private static final Duration BETWEEN_ORDERS = Duration.ofSeconds(1);
    private static final int MOST_ORDERS = 3;
    private static final Set<Status> ORDER_DECIDED = EnumSet.of(Status.READY, Status.VALID, Status.INVALID);
    private static final Set<Status> ORDER_DONE = EnumSet.of(Status.VALID, Status.INVALID);

    private final CaSettings settings;
    private final CaSession ca;
    private final Accounts accounts;
    private final ChallengeChoice choice;
    private final Presenter presenter;
    private final Patience patience;
    private final Pause pause;
    private final Failures failures;
    private final RenewalQuestion renewal;
    private final Optional<Issuer> staging;

    /**
     * Connects to nothing yet.
     *
     * @param settings the CA
     * @param store where the account is kept
     * @param port where tls-alpn-01 and http-01 are answered
     * @param clock the time
     * @param pause how to wait
     * @param random for the order in which challenge types are tried
     */
    public AcmeIssuer(
            CaSettings settings,
            CertificateStore store,
            ChallengePort port,
            Clock clock,
            Pause pause,
            RandomGenerator random) {
        this(settings, store, port, clock, pause, random, EXCHANGE);
    }

    AcmeIssuer(
            CaSettings settings,
            CertificateStore store,
            ChallengePort port,
            Clock clock,
            Pause pause,
            RandomGenerator random,
            Duration exchange) {
        this.settings = settings;
        this.pause = pause;
        this.ca = new CaSession(settings.directory(), settings.trusted(), exchange, clock);
        this.failures = new Failures(settings.directory());
        this.patience = new Patience(clock, pause);
        this.accounts = new Accounts(settings, id(), new AccountDocuments(store, id()), ca.session(), pause);
        this.choice = new ChallengeChoice(settings, random);
        this.presenter = new Presenter(port, settings.dns(), clock);
        this.renewal = new RenewalQuestion(ca.session(), clock, failures);
        this.staging = settings.staging()
                .map(directory -> new AcmeIssuer(settings.at(directory), store, port, clock, pause, random, exchange));
    }

    @Override
    public String id() {
        return settings.id();
    }

    @Override
    public CertifiedKey issue(String name, Optional<X509Certificate> replaces)
            throws IssueException, InterruptedException {
        OrderName orderName = OrderName.of(name);
        choice.requireOne(orderName);
        for (int orders = 1; ; orders++) {
            try {
                return withAccount(orderName, replaces);
            } catch (ChallengeFailedException e) {
                if (orders == MOST_ORDERS || !choice.untriedLeft(orderName)) {
                    choice.startAnew(orderName);
                    throw e.failure();
                }
                pause.of(BETWEEN_ORDERS);
            } catch (AcmeException | RuntimeException e) {
                throw failures.translate(name, e);
            }
        }
    }

    private CertifiedKey withAccount(OrderName name, Optional<X509Certificate> replaces)
            throws AcmeException, IssueException, ChallengeFailedException, InterruptedException {
        Login login = accounts.login();
        try {
            return order(login, name, replaces);
        } catch (AcmeException | RuntimeException e) {
            if (!Failures.hasType(e, "accountDoesNotExist")) {
                throw e;
            }
            accounts.forget(login);
            return order(accounts.login(), name, replaces);
        }
    }

    /** RFC 8555 section 7.1, from top to bottom. */
    private CertifiedKey order(Login login, OrderName name, Optional<X509Certificate> replaces)
            throws AcmeException, IssueException, ChallengeFailedException, InterruptedException {
        Order order = newOrder(login, name, replaces);
        try (Challenges challenges = new Challenges(name, choice, presenter, patience, failures)) {
            for (Authorization authorization : order.getAuthorizations()) {
                patience.fetch(authorization);
                if (authorization.getStatus() != Status.VALID) { // a valid one is reused from an earlier order
                    challenges.present(authorization);
                }
            }
            challenges.awaitVisible();
            challenges.initiate();
            challenges.awaitValid();
        }
        patience.await(name + ": order", order, ORDER_DECIDED);
        failures.requireNot(Status.INVALID, name, order);
        KeyPair keys = Keys.create(settings.keyType());
        if (order.getStatus() == Status.READY) {
            order.execute(keys);
            patience.await(name + ": order", order, ORDER_DONE);
            failures.requireNot(Status.INVALID, name, order);
        }
        return Chains.preferred(patience, order.getCertificate(), settings.preferredChain(), keys, name);
    }

    private Order newOrder(Login login, OrderName name, Optional<X509Certificate> replaces) throws AcmeException {
        boolean replacing = replaces.isPresent() && renewal.supportedFor(replaces.get());
        OrderBuilder builder = login.newOrder().identifier(name.identifier());
        settings.profile().ifPresent(builder::profile);
        if (!replacing) {
            return builder.create();
        }
        try {
            return builder.replaces(replaces.orElseThrow()).create();
        } catch (AcmeException e) {
            if (!Failures.hasType(e, "alreadyReplaced")) {
                throw e;
            }
            return newOrder(login, name, Optional.empty());
        }
    }

    @Override
    public Optional<RenewalWindow> renewalWindow(X509Certificate certificate)
            throws IssueException, InterruptedException {
        return renewal.ask(certificate);
    }

    @Override
    public Optional<Issuer> staging() {
        return staging;
    }

    @Override
    public void close() {
        ca.close();
        staging.ifPresent(Issuer::close);
    }
}
