package dev.tlsproxy.acme;

import dev.tlsproxy.acme.AcmeChild.Steps;
import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.CertifiedKey;
import java.io.IOException;
import java.util.Optional;

/** A store each of whose changes is a step before it is made, and another after. */
record CountedStore(Steps steps, CertificateStore store) implements CertificateStore {

    @Override
    public Optional<CertifiedKey> load(String name) throws IOException {
        return store.load(name);
    }

    @Override
    public void save(String name, CertifiedKey key) throws IOException {
        steps.next("before save " + name);
        store.save(name, key);
        steps.next("after save " + name);
    }

    @Override
    public boolean saveIfAbsent(String name, CertifiedKey key) throws IOException {
        return store.saveIfAbsent(name, key);
    }

    @Override
    public Optional<byte[]> read(String document) throws IOException {
        return store.read(document);
    }

    @Override
    public void write(String document, byte[] content) throws IOException {
        steps.next("before write " + document);
        store.write(document, content);
        steps.next("after write " + document);
    }

    @Override
    public void delete(String document) throws IOException {
        steps.next("before delete " + document);
        store.delete(document);
    }

    @Override
    public Optional<Lease> tryLock(String lock) throws IOException {
        Optional<Lease> lease = store.tryLock(lock);
        steps.next("after tryLock " + lock);
        return lease;
    }

    @Override
    public void probe() throws IOException {
        store.probe();
    }
}
