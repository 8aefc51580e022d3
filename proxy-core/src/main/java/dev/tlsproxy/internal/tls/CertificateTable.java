package dev.tlsproxy.internal.tls;

import dev.tlsproxy.internal.names.HostPattern;
import dev.tlsproxy.spi.CertifiedKey;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The certified keys in memory, by host pattern: one immutable snapshot that each {@link #deploy} replaces. Safe for use
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
