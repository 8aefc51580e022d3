package dev.tlsproxy.acme.internal.life;

import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.CertifiedKey;
import java.io.IOException;
import java.util.Optional;

/** A store in memory that can be full, or lie about it. */
final class FlakyStore implements CertificateStore {

    private final CertificateStore store = CertificateStore.inMemory();
    volatile boolean full;
    /** Beside full: there are no locks either. */
    volatile boolean readOnly;

    volatile boolean probeLies;
    volatile boolean losesCertificates;
    volatile int probes;
    volatile int loads;

    @Override
    public Optional<CertifiedKey> load(String name) throws IOException {
        loads++;
        return losesCertificates ? Optional.empty() : store.load(name);
    }

    @Override
    public void save(String name, CertifiedKey key) throws IOException {
        checkSpace();
        store.save(name, key);
    }

    @Override
    public Optional<byte[]> read(String document) throws IOException {
        return store.read(document);
    }

    @Override
    public void write(String document, byte[] content) throws IOException {
        checkSpace();
        store.write(document, content);
    }

    @Override
    public void delete(String document) throws IOException {
        checkSpace();
        store.delete(document);
    }

    @Override
    public Optional<Lease> tryLock(String lock) throws IOException {
        if (readOnly) {
            checkSpace();
        }
        return store.tryLock(lock);
    }

    @Override
    public void probe() throws IOException {
        probes++;
        if (!probeLies) {
            checkSpace();
        }
    }

    private void checkSpace() throws IOException {
        if (full) {
            throw new IOException("store: no space left; make some");
        }
    }
}
