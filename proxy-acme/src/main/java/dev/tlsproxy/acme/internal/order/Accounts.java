package dev.tlsproxy.acme.internal.order;

import dev.tlsproxy.acme.internal.order.CaSettings.ExternalAccount;
import dev.tlsproxy.spi.CertificateStore;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.security.KeyPair;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.shredzone.acme4j.AccountBuilder;
import org.shredzone.acme4j.Login;
import org.shredzone.acme4j.Metadata;
import org.shredzone.acme4j.Problem;
import org.shredzone.acme4j.Session;
import org.shredzone.acme4j.exception.AcmeException;
import org.shredzone.acme4j.exception.AcmeProtocolException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one account at a CA that all proxies on a store share (RFC 8555 section 7.3). Where the store can't be written it is
 * kept in memory, and saved when it can: an order was begun by then, because a certificate is about to expire.
 */
final class Accounts {

    private static final Logger LOG = LoggerFactory.getLogger(Accounts.class);
    private static final Duration LOCK_POLL = Duration.ofSeconds(1);
    private static final int LOCK_POLLS = 60;

    private final CaSettings settings;
    private final String id;
    private final AccountDocuments documents;
    private final Session session;
    private final Pause pause;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Login login;
    private @Nullable KeyPair unsavedKey;
    private String lost = "";

    Accounts(CaSettings settings, String id, AccountDocuments documents, Session session, Pause pause) {
        this.settings = settings;
        this.id = id;
        this.documents = documents;
        this.session = session;
        this.pause = pause;
    }

    /** The account, registered now where the store knows none. */
    Login login() throws AcmeException, IssueException, InterruptedException {
        lock.lockInterruptibly();
        try {
            Login known = login;
            if (known == null) {
                known = stored().orElse(null);
            }
            if (known == null) {
                known = registerAlone();
            } else if (unsavedKey != null) {
                known = savedNow(known);
            }
            login = known;
            return known;
        } catch (IOException e) {
            throw new IssueException(
                    IssueException.Kind.CA_UNAVAILABLE,
                    "account at " + id + ": the store fails: " + e.getMessage(),
                    Optional.empty(),
                    e);
        } finally {
            lock.unlock();
        }
    }

    /** The CA says that there is no such account: the next {@link #login} registers. */
    void forget(Login gone) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            login = null;
            // another proxy may have registered anew meanwhile
            Optional<Login> stored = stored();
            lost = gone.getAccountLocation().toString();
            if (stored.isPresent() && isLost(stored.get().getAccountLocation())) {
                LOG.warn("{} no longer knows account {}; a new one is registered", id, lost);
                documents.deleteLocation();
            }
        } catch (IOException e) {
            LOG.warn("account at {} can't be forgotten: {}", id, e.getMessage());
        } finally {
            lock.unlock();
        }
    }

    private boolean isLost(URL location) {
        return location.toString().equals(lost);
    }

    private Optional<Login> stored() throws IOException {
        Optional<URL> location = documents.location().filter(url -> !isLost(url));
        Optional<KeyPair> key = location.isPresent() ? documents.key() : Optional.empty();
        return key.map(pair -> session.login(location.orElseThrow(), pair));
    }

    private Login registerAlone() throws AcmeException, IssueException, IOException, InterruptedException {
        for (int polls = 0; polls < LOCK_POLLS; polls++) {
            Optional<CertificateStore.Lease> lease = tryLock();
            if (lease.isPresent()) {
                CertificateStore.Lease held = lease.get();
                try (held) {
                    Optional<Login> others = stored();
                    return others.isPresent() ? others.get() : register();
                }
            }
            pause.of(LOCK_POLL);
        }
        throw new IOException("another process has held the account's lock for a minute"
                + " (expected: it registers within seconds; look whether it hangs)");
    }

    /** A store that can't be written gives no locks either. */
    private Optional<CertificateStore.Lease> tryLock() {
        try {
            return documents.tryLock();
        } catch (IOException e) {
            LOG.debug("account at {} is registered without a lock", id, e);
            return Optional.of(() -> {});
        }
    }

    /** The key is saved first: should we die in between, the CA answers with the account of that key (section 7.3.1). */
    private Login register() throws AcmeException, IssueException, IOException {
        Metadata metadata = session.getMetadata();
        if (metadata.isExternalAccountRequired() && settings.externalAccount().isEmpty()) {
            throw Problems.failure(
                    "account at " + id, "externalAccountRequired", "the directory says so", Optional.empty());
        }
        KeyPair key = key();
        Login registered = created(builder(key));
        if (isLost(registered.getAccountLocation())) {
            lost = "";
        }
        try {
            documents.saveLocation(registered.getAccountLocation());
        } catch (IOException e) {
            unsavedKey = key;
            LOG.error("account at {} IS KEPT IN MEMORY ONLY until it can be saved: {}", id, e.getMessage());
        }
        LOG.info(
                "registered account {}; terms of service accepted: {}",
                registered.getAccountLocation(),
                metadata.getTermsOfService().map(URI::toString).orElse("none"));
        return registered;
    }

    private KeyPair key() throws IOException {
        Optional<KeyPair> saved = documents.key();
        if (saved.isPresent()) {
            return saved.get();
        }
        KeyPair key = unsavedKey == null ? Keys.account() : unsavedKey;
        try {
            documents.saveKey(key);
            unsavedKey = null;
        } catch (IOException e) {
            unsavedKey = key;
        }
        return key;
    }

    /** The account, in the store where that can be written now; or the one that another proxy has registered meanwhile. */
    private Login savedNow(Login known) {
        Optional<CertificateStore.Lease> lease = tryLock();
        if (lease.isEmpty()) {
            return known;
        }
        CertificateStore.Lease held = lease.get();
        try (held) {
            Optional<Login> others = stored();
            if (others.isEmpty()) {
                documents.saveKey(Objects.requireNonNull(unsavedKey));
                documents.saveLocation(known.getAccountLocation());
            }
            unsavedKey = null;
            return others.orElse(known);
        } catch (IOException e) {
            LOG.debug("account at {} is still kept in memory only", id, e);
            return known;
        }
    }

    /** Unauthorized is no word about a name here: nothing was validated yet. */
    private Login created(AccountBuilder builder) throws AcmeException, IssueException {
        try {
            return builder.createLogin(session);
        } catch (AcmeException e) {
            Optional<Problem> refusal = Failures.problemOf(e)
                    .filter(problem -> Problems.type(problem).equals("unauthorized"));
            if (refusal.isEmpty() || settings.externalAccount().isEmpty()) {
                throw e;
            }
            throw new IssueException(
                    IssueException.Kind.FOR_GOOD,
                    "account at " + id + ": unauthorized: "
                            + Problems.plain(refusal.get().getDetail().orElse("no detail"))
                            + " (expected: the key id and the MAC key as the CA gave them)",
                    Optional.empty(),
                    e);
        }
    }

    private AccountBuilder builder(KeyPair key) throws IssueException {
        AccountBuilder builder = new AccountBuilder().useKeyPair(key).agreeToTermsOfService();
        try {
            settings.email().ifPresent(builder::addEmail);
            if (settings.externalAccount().isPresent()) {
                ExternalAccount external = settings.externalAccount().get();
                builder.withKeyIdentifier(external.keyId(), external.macKey());
            }
            return builder;
        } catch (IllegalArgumentException | AcmeProtocolException e) {
            throw new IssueException(
                    IssueException.Kind.FOR_GOOD,
                    "account at " + id + ": e-mail address or external account can't be used"
                            + " (expected: one plain address; a key id and a base64url MAC key)",
                    Optional.empty(),
                    null); // the cause might quote the key
        }
    }
}
