package dev.tlsproxy.spi;

import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** A map, as a store. */
final class InMemoryCertificateStore implements CertificateStore {

    private final Map<String, CertifiedKey> keys = new ConcurrentHashMap<>();

    @Override
    public Optional<CertifiedKey> load(String name) {
        return Optional.ofNullable(keys.get(Objects.requireNonNull(name, "name")));
    }

    @Override
    public void save(String name, CertifiedKey key) {
        keys.put(Objects.requireNonNull(name, "name"), Objects.requireNonNull(key, "key"));
    }

    @Override
    public boolean saveIfAbsent(String name, CertifiedKey key) {
        return keys.putIfAbsent(Objects.requireNonNull(name, "name"), Objects.requireNonNull(key, "key")) == null;
    }

    @Override
    public void probe() {
        // memory can always be written
    }

    @Override
    public String toString() {
        return "in memory";
    }
}
