package dev.tlsproxy.internal.tls;

import dev.tlsproxy.internal.names.HostPattern;
import dev.tlsproxy.spi.CertifiedKey;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Predicate;

/**
 * The certified keys in memory, by host pattern. Safe for use by several threads. No snapshot that is replaced: a handshake
 * reads one name, so no two entries have to fit together, and a copy for each certificate makes a start with 100,000 of them
 * take hours.
 */
public final class CertificateTable {

    private final ConcurrentMap<String, CertifiedKey> keys = new ConcurrentHashMap<>();

    /**
     * Serves a certified key from the next handshake on.
     *
     * @param pattern the host pattern in normal form, not {@code *}
     * @param key the certified key
     */
    public void deploy(String pattern, CertifiedKey key) {
        keys.put(pattern, key);
    }

    /**
     * Serves only some of the patterns from the next handshake on.
     *
     * @param kept tells which, by the pattern in normal form
     */
    public void retain(Predicate<String> kept) {
        keys.keySet().removeIf(kept.negate());
    }

    /**
     * Serves a pattern no longer, unless another certified key was deployed for it meanwhile.
     *
     * @param pattern the host pattern in normal form
     * @param key the certified key that goes
     * @return whether it was there
     */
    public boolean withdraw(String pattern, CertifiedKey key) {
        return keys.remove(pattern, key);
    }

    /**
     * Finds the certified key for a server name: the exact one, else the wildcard one level up.
     *
     * @param serverName a host in normal form
     * @return the certified key, or empty where none is there for that name
     */
    public Optional<CertifiedKey> find(String serverName) {
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
        return keys.containsKey(pattern);
    }
}
