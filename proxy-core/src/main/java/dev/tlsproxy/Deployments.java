package dev.tlsproxy;

import dev.tlsproxy.internal.names.HostPattern;
import dev.tlsproxy.internal.tls.CertificateTable;
import dev.tlsproxy.spi.CertificateSink;
import dev.tlsproxy.spi.CertificateStatus;
import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.spi.ProxyEvents;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts certified keys into the table, tells of it, and knows how it stands with each name. Safe for several threads.
 *
 * <p>A certificate manager may still be at a name when that is gone: what it brings then is dropped, under the lock that
 * {@link #retain} takes, so that nothing comes back behind it.
 */
final class Deployments implements CertificateSink {

    private static final Logger log = LoggerFactory.getLogger(Deployments.class);

    private final CertificateTable table;
    private final ProxyEvents events;
    private final CertificateStatuses statuses;
    private Predicate<String> served;
    private boolean closed;

    /**
     * Waits for all of {@code names}: host patterns in normal form.
     *
     * @param served which names' certificates have a place in the table
     */
    Deployments(CertificateTable table, ProxyEvents events, Set<String> names, Predicate<String> served) {
        this.table = table;
        this.events = events;
        this.statuses = new CertificateStatuses(names);
        this.served = served;
    }

    @Override
    public void deploy(String name, CertifiedKey key) {
        Objects.requireNonNull(name, "name");
        if (!covers(key, name)) {
            throw new IllegalArgumentException(
                    "certificate for \"" + name + "\" is for " + key.names() + " (expected: one that covers the name)");
        }
        synchronized (this) {
            if (!served.test(name)) {
                log.info("{}: a certificate came, and no route is for that name; it is not served", name);
                return;
            }
            table.deploy(name, key);
            statuses.deployed(name, key);
            notifyAll();
        }
        tell(() -> events.certificateDeployed(name, key));
    }

    @Override
    public void status(CertificateStatus status) {
        Optional<CertificateStatus> changed;
        synchronized (this) {
            changed = statuses.changed(status);
        }
        changed.ifPresent(news -> tell(() -> events.certificateStatus(news)));
    }

    /** A certificate the user gave. */
    void deployOwn(String name, CertifiedKey key) {
        deploy(name, key);
        status(CertificateStatus.of(name, CertificateStatus.State.LOADED, Optional.of(key.notAfter())));
    }

    /** Serves other names too, until {@link #retain}, and waits for some. */
    synchronized void expect(Set<String> names, Predicate<String> others) {
        served = served.or(others);
        statuses.expect(names);
    }

    /** Serves, and knows of, some names only, from now on. */
    synchronized void retain(Predicate<String> kept) {
        served = kept;
        table.retain(kept);
        statuses.retain(kept);
        notifyAll();
    }

    /** Takes a certificate the user gave away, unless a manager has deployed another one for that name. */
    void withdrawOwn(String name, CertifiedKey key) {
        if (table.withdraw(name, key)) {
            synchronized (this) {
                statuses.retain(other -> !other.equals(name));
            }
        }
    }

    /** An immutable snapshot. */
    synchronized Map<String, CertificateStatus> statuses() {
        return statuses.snapshot();
    }

    /** Blocks until each of {@code names} has a certificate. */
    synchronized void awaitReady(Set<String> names, Duration timeout) {
        long deadline = System.nanoTime() + TimeUnit.NANOSECONDS.convert(timeout);
        while (names.stream().anyMatch(statuses::isMissing)) {
            long left = deadline - System.nanoTime();
            if (closed) {
                throw new ProxyNotReadyException("proxy was closed before " + missing(names));
            }
            if (left <= 0) {
                throw new ProxyNotReadyException("after " + timeout + ", " + missing(names));
            }
            try {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new ProxyNotReadyException("interrupted before " + missing(names));
            }
        }
    }

    /** Ends every wait. */
    synchronized void close() {
        closed = true;
        notifyAll();
    }

    synchronized boolean isClosed() {
        return closed;
    }

    /** Whether a certificate is for a host or wildcard pattern (RFC 6125 section 6.4.3: a wildcard is one label). */
    static boolean covers(CertifiedKey key, String name) {
        return key.names().contains(name)
                || HostPattern.wildcardOf(name).filter(key.names()::contains).isPresent();
    }

    private String missing(Set<String> names) {
        return names.stream()
                .filter(statuses::isMissing)
                .sorted()
                .map(name -> "\"" + name + "\" has no certificate"
                        + statuses.problem(name)
                                .map(problem -> " (" + problem + ")")
                                .orElse(""))
                .collect(Collectors.joining(", "));
    }

    private static void tell(Runnable event) {
        try {
            event.run();
        } catch (RuntimeException e) {
            log.warn("ProxyEvents threw", e);
        }
    }
}
