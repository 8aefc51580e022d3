package dev.tlsproxy;

import dev.tlsproxy.spi.CertificateStatus;
import dev.tlsproxy.spi.CertificateStatus.State;
import dev.tlsproxy.spi.CertifiedKey;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The last status of each name, and the last problem of each that has no certificate yet. Kept for the names of the
 * routes and for those that were deployed, so that refused on-demand names pile up nowhere. Not for several threads.
 */
final class CertificateStatuses {

    private final Map<String, CertificateStatus> current = new LinkedHashMap<>();
    private final Map<String, CertificateStatus> told = new HashMap<>();
    private final Map<String, Instant> served = new HashMap<>();
    private final Map<String, String> problems = new HashMap<>();

    CertificateStatuses(Set<String> names) {
        expect(names);
    }

    /** Those that are known stay as they are. */
    void expect(Set<String> names) {
        names.forEach(name -> current.putIfAbsent(name, CertificateStatus.of(name, State.WAITING, Optional.empty())));
    }

    /** Forgets all other names. */
    void retain(Predicate<String> kept) {
        List.of(current, told, served, problems).forEach(map -> map.keySet().removeIf(kept.negate()));
    }

    /** The state stays, but for a name whose manager told none: that is issued. Told to nobody. */
    void deployed(String name, CertifiedKey key) {
        served.put(name, key.notAfter());
        problems.remove(name);
        CertificateStatus before = current.get(name);
        current.put(
                name,
                before == null || before.state() == State.WAITING
                        ? served(CertificateStatus.of(name, State.ISSUED, Optional.empty()))
                        : served(before));
    }

    /** The status as it is to be told, with the true {@code notAfter}; empty where nothing is new in it. */
    Optional<CertificateStatus> changed(CertificateStatus news) {
        CertificateStatus status = served(news);
        String name = status.name();
        if (status.equals(told.get(name))) {
            return Optional.empty();
        }
        if (current.containsKey(name)) {
            told.put(name, status);
            current.put(name, status);
            if (isMissing(name)) {
                status.problem().ifPresent(problem -> problems.put(name, problem));
            }
        }
        return Optional.of(status);
    }

    boolean isMissing(String name) {
        return !served.containsKey(name);
    }

    /** Kept until there is a certificate: a new try may be under way by the time it is asked for. */
    Optional<String> problem(String name) {
        return Optional.ofNullable(problems.get(name));
    }

    Map<String, CertificateStatus> snapshot() {
        return Collections.unmodifiableMap(new LinkedHashMap<>(current));
    }

    private CertificateStatus served(CertificateStatus status) {
        return new CertificateStatus(
                status.name(),
                status.state(),
                Optional.ofNullable(served.get(status.name())),
                status.until(),
                status.problem());
    }
}
