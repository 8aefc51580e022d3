package dev.tlsproxy.internal.tls;

import dev.tlsproxy.spi.CertificateManager;
import dev.tlsproxy.spi.CertificateStatus;
import dev.tlsproxy.spi.CertificateStatus.State;
import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.CertifiedKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves names that no public CA signs with certificates of a CA of its own, whose root lives in the store under
 * {@value #ROOT_NAME}. Clients have to be told to trust the root, see {@link #root}. For a wildcard right below a single
 * label ({@code *.localhost}) that is not enough: JDK clients take it, OpenSSL and Chromium never do; one more label
 * ({@code *.app.localhost}) is good for all. Such a name is logged at WARN.
 *
 * <p>A certificate is replaced when a third of its life is left, or when the clock went back before its start; a root
 * when less than two years are left, together with all that it signed. That is looked at every ten minutes by the
 * clock, so that a machine that slept or whose clock jumped is right again soon after.
 *
 * <p>Proxies that share a store share its root: the first one is saved by {@link CertificateStore#saveIfAbsent}, and each
 * proxy reads the root again after it saved one, and every ten minutes, and goes over to what it finds. Two that make a
 * root in the same instant may serve different ones for up to ten minutes in two cases: where the store can't save in one
 * step, and where a root is replaced.
 */
public final class LocalCa implements CertificateManager {

    /** The store's entry for the root. */
    static final String ROOT_NAME = "local-ca";

    static final Duration CHECK_PERIOD = Duration.ofMinutes(10);
    static final Duration ROOT_MUST_LAST = Duration.ofDays(2 * 365);

    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(10);
    private static final Logger LOG = LoggerFactory.getLogger(LocalCa.class);

    private final Clock clock;
    private final SecureRandom random;
    private final ScheduledExecutorService scheduler;
    private final Map<String, CertifiedKey> served = new HashMap<>();
    private final Map<String, String> logged = new HashMap<>();

    private @Nullable Context context;
    private Set<String> names = Set.of();
    private volatile @Nullable LocalIssuer issuer;

    /**
     * Makes a local CA with a daemon thread of its own, which {@link #close} ends.
     *
     * @param clock judges validity
     * @param random makes keys and serial numbers
     */
    public LocalCa(Clock clock, SecureRandom random) {
        this(clock, random, newScheduler());
    }

    /**
     * Makes a local CA.
     *
     * @param clock judges validity
     * @param random makes keys and serial numbers
     * @param scheduler runs the checks; shut down by {@link #close}
     */
    LocalCa(Clock clock, SecureRandom random, ScheduledExecutorService scheduler) {
        this.clock = Objects.requireNonNull(clock, "clock");
        this.random = Objects.requireNonNull(random, "random");
        this.scheduler = Objects.requireNonNull(scheduler, "scheduler");
    }

    /**
     * Loads or makes the root and a certificate for each name, and deploys them: all are there when this returns. Where
     * the store can't be written, certificates are served from memory and a WARN is logged. Blocks for the store.
     *
     * @throws UncheckedIOException when the store's root is damaged, can't be read or is no root of a CA; its message
     *     names the remedy, and nothing was written then
     * @throws IllegalArgumentException when a name is {@value #ROOT_NAME}
     * @throws IllegalStateException when it was started before
     */
    @Override
    public synchronized void start(Context context) {
        if (this.context != null) {
            throw new IllegalStateException("local CA is already started");
        }
        if (context.names().contains(ROOT_NAME)) {
            throw new IllegalArgumentException("name: " + ROOT_NAME
                    + " (expected: another host name; the store keeps the local CA's root under this one)");
        }
        try {
            issuer = issuerFrom(context, null);
        } catch (IOException e) {
            throw new UncheckedIOException("local CA's root can't be used: " + e.getMessage(), e);
        }
        this.context = context;
        serveAlso(context, context.names());
        names = Set.copyOf(context.names());
        long period = CHECK_PERIOD.toSeconds();
        var unused = scheduler.scheduleWithFixedDelay(this::check, period, period, TimeUnit.SECONDS);
    }

    /**
     * As {@link CertificateManager#names}; all new names are served when it returns. Blocks for the store.
     *
     * @throws IllegalStateException when a name is {@value #ROOT_NAME}, or it was not started
     */
    @Override
    public synchronized void names(Set<String> names) {
        Context known = context;
        if (known == null) {
            throw new IllegalStateException("local CA is not started; call start(...)");
        }
        if (names.contains(ROOT_NAME)) {
            throw new IllegalStateException("name: " + ROOT_NAME
                    + " (expected: another host name; the store keeps the local CA's root under this one)");
        }
        Set<String> added = new HashSet<>(names);
        added.removeAll(this.names);
        try {
            serveAlso(known, added);
        } catch (RuntimeException e) {
            served.keySet().removeAll(added);
            throw e;
        }
        served.keySet().retainAll(names);
        logged.keySet().removeIf(name -> !name.equals(ROOT_NAME) && !names.contains(name));
        this.names = Set.copyOf(names);
    }

    private void serveAlso(Context context, Set<String> added) {
        added.forEach(name -> serve(context, name));
        added.stream()
                .filter(LocalCa::isShortWildcard)
                .forEach(name -> LOG.warn(
                        "local CA: browsers and OpenSSL refuse a certificate for {} (expected: two labels behind the star, such as"
                                + " *.app{})",
                        name,
                        name.substring(1)));
    }

    /**
     * The root that signs now. Replaced two years before it expires, or when another proxy on the same store made one.
     *
     * @return the self-signed certificate
     * @throws IllegalStateException when it was not started
     */
    public X509Certificate root() {
        LocalIssuer current = issuer;
        if (current == null) {
            throw new IllegalStateException("local CA is not started; call start(...)");
        }
        return current.root().leaf();
    }

    @Override
    public void close() {
        scheduler.shutdown();
        try {
            if (!scheduler.awaitTermination(CLOSE_PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                scheduler.shutdownNow();
            }
        } catch (InterruptedException e) {
            scheduler.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }

    private static boolean isShortWildcard(String name) {
        return name.startsWith("*.") && name.indexOf('.', 2) < 0;
    }

    /** Never throws: the scheduler would not run it again. */
    private synchronized void check() {
        Context known = Objects.requireNonNull(context, "context");
        try {
            issuer = issuerFrom(known, issuer);
        } catch (IOException e) {
            warnOnce(
                    ROOT_NAME,
                    "local CA's root can't be read again, the one in memory goes on signing: " + e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("local CA: check failed, next one in {}", CHECK_PERIOD, e);
        }
        for (String name : names) {
            try {
                serve(known, name);
            } catch (RuntimeException e) {
                LOG.error("local CA: {} can't be renewed, next try in {}", name, CHECK_PERIOD, e);
                known.sink()
                        .status(new CertificateStatus(
                                name,
                                State.BACKING_OFF,
                                Optional.empty(),
                                Optional.of(clock.instant().plus(CHECK_PERIOD)),
                                Optional.of("local CA: " + e)));
            }
        }
    }

    /** The store's root, where it lasts; else the one in memory, where that lasts; else a new one. */
    private LocalIssuer issuerFrom(Context context, @Nullable LocalIssuer current) throws IOException {
        Instant now = clock.instant();
        Optional<CertifiedKey> stored = loadRoot(context);
        if (stored.isPresent() && lasts(stored.get(), now)) {
            warnIfNotYetValid(stored.get(), now);
            return current != null && current.root().leaf().equals(stored.get().leaf())
                    ? current
                    : new LocalIssuer(stored.get(), random);
        }
        CertifiedKey root =
                current != null && lasts(current.root(), now) ? current.root() : LocalIssuer.makeRoot(now, random);
        save(ROOT_NAME, () -> {
            if (stored.isPresent()) {
                context.store().save(ROOT_NAME, root);
            } else {
                context.store().saveIfAbsent(ROOT_NAME, root);
            }
        });
        return new LocalIssuer(
                loadRoot(context).filter(again -> lasts(again, now)).orElse(root), random);
    }

    private static Optional<CertifiedKey> loadRoot(Context context) throws IOException {
        Optional<CertifiedKey> stored = context.store().load(ROOT_NAME);
        if (stored.isPresent() && !LocalIssuer.canSign(stored.get())) {
            throw new IOException("entry " + ROOT_NAME + " of store " + context.store()
                    + " is not a self-signed CA certificate; delete it to have a new one made");
        }
        return stored;
    }

    private static boolean lasts(CertifiedKey root, Instant now) {
        return now.plus(ROOT_MUST_LAST).isBefore(root.notAfter());
    }

    /** It is kept: a machine without a battery starts in 1970, and the clients that trust this root should not pay. */
    private void warnIfNotYetValid(CertifiedKey root, Instant now) {
        if (now.isBefore(root.notBefore())) {
            warnOnce(
                    ROOT_NAME,
                    "local CA's root is not valid before " + root.notBefore()
                            + " (check this machine's clock; or delete entry " + ROOT_NAME
                            + " of the store to have a new one made)");
        }
    }

    private void serve(Context context, String name) {
        LocalIssuer current = Objects.requireNonNull(issuer, "issuer");
        Instant now = clock.instant();
        CertifiedKey present = served.get(name);
        if (present != null && isGood(present, name, current, now)) {
            return;
        }
        CertifiedKey next = load(context, name)
                .filter(stored -> isGood(stored, name, current, now))
                .orElse(null);
        State state = State.LOADED;
        if (next == null) {
            CertifiedKey made = current.issue(name, now);
            save(name, () -> context.store().save(name, made));
            next = made;
            state = State.ISSUED;
        }
        served.put(name, next);
        context.sink().deploy(name, next);
        context.sink().status(CertificateStatus.of(name, state, Optional.of(next.notAfter())));
    }

    private static boolean isGood(CertifiedKey key, String name, LocalIssuer issuer, Instant now) {
        Duration third = Duration.between(key.notBefore(), key.notAfter()).dividedBy(3);
        return key.names().contains(name)
                && !now.isBefore(key.notBefore())
                && now.plus(third).isBefore(key.notAfter())
                && issuer.issued(key.leaf());
    }

    private Optional<CertifiedKey> load(Context context, String name) {
        try {
            return context.store().load(name);
        } catch (IOException e) {
            warnOnce(name, "local CA makes a new certificate for " + name + ": " + e.getMessage());
            return Optional.empty();
        }
    }

    private void save(String name, Save save) {
        try {
            save.run();
            logged.remove(name);
        } catch (IOException e) {
            warnOnce(name, "local CA can't save " + name + ", it is lost when this process ends: " + e.getMessage());
        }
    }

    /** A store that stays broken is not said again at every check. */
    private void warnOnce(String name, String problem) {
        if (!problem.equals(logged.put(name, problem))) {
            LOG.warn(problem);
        }
    }

    private interface Save {
        void run() throws IOException;
    }

    private static ScheduledExecutorService newScheduler() {
        return new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, LibraryLogs.THREAD_PREFIX + "-local-ca");
            thread.setDaemon(true);
            return thread;
        });
    }
}
