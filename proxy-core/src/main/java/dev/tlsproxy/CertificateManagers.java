package dev.tlsproxy;

import dev.tlsproxy.internal.tls.ChallengeTable;
import dev.tlsproxy.internal.tls.LocalCa;
import dev.tlsproxy.spi.CertificateManager;
import java.io.IOException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The local CA and the user's certificate manager, each started when the first name is for it, and told when its names
 * change. Used by one thread at a time.
 */
final class CertificateManagers implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(CertificateManagers.class);

    private final ProxyConfig config;
    private final Deployments deployments;
    private final ChallengeTable challenges;
    private ServedNames names = new ServedNames(Set.of(), Set.of(), Set.of());
    private volatile @Nullable LocalCa localCa;
    private boolean managerStarted;

    CertificateManagers(ProxyConfig config, Deployments deployments, ChallengeTable challenges) {
        this.config = config;
        this.deployments = deployments;
        this.challenges = challenges;
    }

    /**
     * Serves other names; what the store or the local CA has is served when this returns.
     *
     * @throws IllegalStateException when the store can't be used or a manager refuses; all managers have the names of
     *     before then
     */
    void serve(ServedNames next) {
        Deque<Runnable> undo = new ArrayDeque<>();
        try {
            // Names of the local CA go last: to take one back again would make it another certificate.
            serveLocal(together(names.local(), next.local()), undo);
            serveManaged(next.managed(), undo);
        } catch (RuntimeException e) {
            undo.forEach(CertificateManagers::undo);
            throw e;
        }
        LocalCa present = localCa;
        if (present != null) {
            present.names(next.local());
        }
        names = next;
    }

    private static Set<String> together(Set<String> some, Set<String> others) {
        Set<String> all = new LinkedHashSet<>(some);
        all.addAll(others);
        return all;
    }

    private void serveLocal(Set<String> next, Deque<Runnable> undo) {
        LocalCa present = localCa;
        if (present != null) {
            change(present, names.local(), next, undo);
        } else if (!next.isEmpty()) {
            requireUsableStore();
            LocalCa made = new LocalCa(config.clock(), new SecureRandom());
            undo.push(() -> {
                localCa = null;
                made.close();
            });
            start(made, next);
            localCa = made;
        }
    }

    private void serveManaged(Set<String> next, Deque<Runnable> undo) {
        if (managerStarted) {
            change(config.acme().orElseThrow(), names.managed(), next, undo);
        } else if (!next.isEmpty() || OnDemand.isServed(config)) {
            requireUsableStore();
            managerStarted = true;
            start(config.acme().orElseThrow(), next);
        }
    }

    private void start(CertificateManager manager, Set<String> next) {
        try {
            manager.start(new ManagerContext(next, config.store(), deployments, challenges));
        } catch (RuntimeException e) {
            throw refused(next, e);
        }
    }

    private static void change(CertificateManager manager, Set<String> before, Set<String> next, Deque<Runnable> undo) {
        if (before.equals(next)) {
            return;
        }
        undo.push(() -> manager.names(before));
        try {
            manager.names(next);
        } catch (RuntimeException e) {
            undo.pop();
            throw refused(next, e);
        }
    }

    private static IllegalStateException refused(Set<String> names, RuntimeException e) {
        return new IllegalStateException("certificates for " + names + ": " + e.getMessage(), e);
    }

    private static void undo(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException e) {
            log.error("a certificate manager does not take its names of before again", e);
        }
    }

    private void requireUsableStore() {
        try {
            config.store().probe();
        } catch (IOException e) {
            throw new IllegalStateException("certificate store: " + e.getMessage(), e);
        }
    }

    /** The local CA's root, where a name needs it. */
    Optional<X509Certificate> root() {
        return Optional.ofNullable(localCa).map(LocalCa::root);
    }

    @Override
    public void close() {
        if (managerStarted) {
            config.acme().ifPresent(manager -> undo(manager::close));
        }
        LocalCa present = localCa;
        if (present != null) {
            present.close();
        }
    }
}
