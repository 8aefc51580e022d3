package dev.tlsproxy.internal.tls;

import dev.tlsproxy.internal.names.HostPattern;
import dev.tlsproxy.spi.CertifiedKey;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The certified keys in memory, by host pattern: one immutable snapshot that each change replaces. Safe for use
 * by several threads.
 */
public final class CertificateTable {

    private volatile Map<String, CertifiedKey> snapshot = Map.of();

    /**
     * Serves a certified key from the next handshake on.
     *
     * @param pattern the host pattern in normal form, not {@code *}
     * @param key the certified key
     */
    public synchronized void deploy(String pattern, CertifiedKey key) {
        Map<String, CertifiedKey> next = new HashMap<>(snapshot);
        next.put(pattern, key);
        snapshot = Map.copyOf(next);
    }

    /**
     * Serves only some of the patterns from the next handshake on.
     *
     * @param kept tells which, by the pattern in normal form
     */
    public synchronized void retain(Predicate<String> kept) {
        Map<String, CertifiedKey> next = new HashMap<>(snapshot);
        if (next.keySet().removeIf(kept.negate())) {
            snapshot = Map.copyOf(next);
        }
    }

    /**
     * Serves a pattern no longer, unless another certified key was deployed for it meanwhile.
     *
     * @param pattern the host pattern in normal form
     * @param key the certified key that goes
     * @return whether it was there
     */
    public synchronized boolean withdraw(String pattern, CertifiedKey key) {
        Map<String, CertifiedKey> next = new HashMap<>(snapshot);
        boolean removed = next.remove(pattern, key);
        if (removed) {
            snapshot = Map.copyOf(next);
        }
        return removed;
    }

    /**
     * Finds the certified key for a server name: the exact one, else the wildcard one level up.
     *
     * @param serverName a host in normal form
     * @return the certified key, or empty where none is there for that name
     */
    public Optional<CertifiedKey> find(String serverName) {
        Map<String, CertifiedKey> keys = snapshot;
        CertifiedKey exact = keys.get(serverName);
        return exact != null
                ? Optional.of(exact)
                : HostPattern.wildcardOf(serverName).map(keys::get);
    }

    /**
     * Tells whether a certified key was deployed for exactly that pattern.
     *
     * @param pattern the host pattern in normal form
     * @return true where one is there
     */
    public boolean contains(String pattern) {
        return snapshot.containsKey(pattern);
    }
}
