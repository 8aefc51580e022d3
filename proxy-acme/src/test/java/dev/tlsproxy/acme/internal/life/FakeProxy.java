package dev.tlsproxy.acme.internal.life;

import dev.tlsproxy.spi.CertificateManager;
import dev.tlsproxy.spi.CertificateSink;
import dev.tlsproxy.spi.CertificateStatus;
import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.spi.ChallengePort;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** What a proxy is to a manager: names, a store, and a sink that remembers. */
final class FakeProxy implements CertificateManager.Context, CertificateSink {

    final Map<String, CertifiedKey> served = new ConcurrentHashMap<>();
    final Map<String, CertificateStatus> statuses = new ConcurrentHashMap<>();
    final List<CertificateStatus> history = new CopyOnWriteArrayList<>();
    private final Set<String> names;
    private final CertificateStore store;

    FakeProxy(CertificateStore store, Set<String> names) {
        this.store = store;
        this.names = Set.copyOf(names);
    }

    CertificateStatus status(String name) {
        return Objects.requireNonNull(statuses.get(name), name);
    }

    List<CertificateStatus.State> states(String name) {
        return history.stream()
                .filter(status -> status.name().equals(name))
                .map(CertificateStatus::state)
                .toList();
    }

    @Override
    public void deploy(String name, CertifiedKey key) {
        served.put(name, key);
    }

    @Override
    public void status(CertificateStatus status) {
        statuses.put(status.name(), status);
        history.add(status);
    }

    @Override
    public Set<String> names() {
        return names;
    }

    @Override
    public CertificateStore store() {
        return store;
    }

    @Override
    public CertificateSink sink() {
        return this;
    }

    @Override
    public ChallengePort challenges() {
        throw new UnsupportedOperationException("the issuers have it");
    }
}
