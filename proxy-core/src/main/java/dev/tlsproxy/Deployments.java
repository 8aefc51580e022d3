package dev.tlsproxy;

import dev.tlsproxy.internal.names.HostPattern;
import dev.tlsproxy.internal.tls.CertificateTable;
import dev.tlsproxy.spi.CertificateSink;
import dev.tlsproxy.spi.CertificateStatus;
import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.spi.ProxyEvents;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts certified keys into the table, tells of it, and knows which names still wait for one. Safe for several threads. */
final class Deployments implements CertificateSink {

    private static final Logger log = LoggerFactory.getLogger(Deployments.class);

    private final CertificateTable table;
    private final ProxyEvents events;
    private final Set<String> waiting;
    private final Map<String, String> problems = new LinkedHashMap<>();
    private boolean closed;

    /** Waits for all of {@code names}: host patterns in normal form. */
    Deployments(CertificateTable table, ProxyEvents events, Set<String> names) {
        this.table = table;
        this.events = events;
        this.waiting = new TreeSet<>(names);
    }

    @Override
    public void deploy(String name, CertifiedKey key) {
        Objects.requireNonNull(name, "name");
        if (!covers(key, name)) {
            throw new IllegalArgumentException(
                    "certificate for \"" + name + "\" is for " + key.names() + " (expected: one that covers the name)");
        }
        table.deploy(name, key);
        synchronized (this) {
            waiting.remove(name);
            problems.remove(name);
            notifyAll();
        }
        tell(() -> events.certificateDeployed(name, key));
    }

    @Override
    public void status(CertificateStatus status) {
        synchronized (this) {
            status.problem().ifPresent(problem -> problems.put(status.name(), problem));
        }
        tell(() -> events.certificateStatus(status));
    }

    /** Blocks until each of {@code names} has a certificate. */
    synchronized void awaitReady(Set<String> names, Duration timeout) {
        long deadline = System.nanoTime() + TimeUnit.NANOSECONDS.convert(timeout);
        while (names.stream().anyMatch(waiting::contains)) {
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

    /** Whether a certificate is for a host or wildcard pattern (RFC 6125 section 6.4.3: a wildcard is one label). */
    static boolean covers(CertifiedKey key, String name) {
        return key.names().contains(name)
                || HostPattern.wildcardOf(name).filter(key.names()::contains).isPresent();
    }

    private String missing(Set<String> names) {
        return names.stream()
                .filter(waiting::contains)
                .sorted()
                .map(name -> "\"" + name + "\" has no certificate"
                        + (problems.containsKey(name) ? " (" + problems.get(name) + ")" : ""))
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
