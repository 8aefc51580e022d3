package dev.tlsproxy.spi;

import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** A map, as a store. */
final class InMemoryCertificateStore implements CertificateStore {

    private final Map<String, CertifiedKey> keys = new ConcurrentHashMap<>();
    private final Map<String, byte[]> documents = new ConcurrentHashMap<>();
    private final Map<String, Object> locks = new ConcurrentHashMap<>();

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
    public Optional<byte[]> read(String document) {
        return Optional.ofNullable(documents.get(DocumentPath.checked(document)))
                .map(byte[]::clone);
    }

    @Override
    public void write(String document, byte[] content) {
        documents.put(DocumentPath.checked(document), DocumentPath.checkedContent(document, content));
    }

    @Override
    public void delete(String document) {
        documents.remove(DocumentPath.checked(document));
    }

    @Override
    public Optional<Lease> tryLock(String lock) {
        Object holder = new Object();
        return locks.putIfAbsent(DocumentPath.checked(lock), holder) == null
                ? Optional.of(() -> locks.remove(lock, holder))
                : Optional.empty();
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
