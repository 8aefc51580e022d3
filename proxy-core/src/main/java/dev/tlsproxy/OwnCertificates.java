package dev.tlsproxy;

import dev.tlsproxy.internal.names.HostPattern;
import dev.tlsproxy.internal.store.PemFiles;
import dev.tlsproxy.spi.CertifiedKey;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** The certificates a user gave, by the name they are for. */
final class OwnCertificates {

    private final Map<String, CertifiedKey> byName;
    private final boolean replaces;

    private OwnCertificates(Map<String, CertifiedKey> byName, boolean replaces) {
        this.byName = new HashMap<>(byName);
        this.replaces = replaces;
    }

    /** None yet; a second one for a name is refused. */
    static OwnCertificates none() {
        return new OwnCertificates(Map.of(), false);
    }

    /** Those that are there, of which a new one takes the place. */
    static OwnCertificates replacing(Map<String, CertifiedKey> present) {
        return new OwnCertificates(present, true);
    }

    /** For each name in the certificate. */
    void add(Path chainPem, Path keyPem, Instant now) {
        CertifiedKey key = PemFiles.readCertifiedKey(chainPem, keyPem, now);
        if (key.names().isEmpty()) {
            throw new IllegalArgumentException("certificate file " + chainPem
                    + " has no subjectAltName (expected: a certificate with the host names it is for)");
        }
        key.names().forEach(this::requireNew);
        key.names().forEach(name -> byName.put(name, key));
    }

    /** For one name, which the certificate covers. */
    void add(String name, Path chainPem, Path keyPem, Instant now) {
        HostPattern pattern = parsed(name)
                .orElseThrow(() -> new IllegalArgumentException(
                        "certificate name: \"" + name + "\" (expected: a host, *.HOST or an IP address)"));
        requireNew(pattern.text());
        CertifiedKey key = PemFiles.readCertifiedKey(chainPem, keyPem, now);
        if (!Deployments.covers(key, pattern.text())) {
            throw new IllegalArgumentException("certificate file " + chainPem + " is for " + key.names()
                    + " (expected: a certificate for \"" + pattern.text() + "\")");
        }
        byName.put(pattern.text(), key);
    }

    void remove(String name) {
        String known = parsed(name)
                .map(HostPattern::text)
                .filter(byName::containsKey)
                .orElseThrow(() -> new IllegalArgumentException("certificate name: \"" + name + "\" (expected: one of "
                        + new TreeSet<>(byName.keySet()) + ")"));
        byName.remove(known);
    }

    private static Optional<HostPattern> parsed(String name) {
        return HostPattern.parse(name).filter(parsed -> parsed.kind() != HostPattern.Kind.DEFAULT);
    }

    /** A snapshot. */
    Map<String, CertifiedKey> byName() {
        return Map.copyOf(byName);
    }

    private void requireNew(String name) {
        CertifiedKey present = byName.get(name);
        if (present != null && !replaces) {
            throw new IllegalStateException("certificate for \"" + name + "\" was already set to " + present);
        }
    }
}
