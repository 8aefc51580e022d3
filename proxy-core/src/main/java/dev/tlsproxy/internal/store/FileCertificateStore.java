package dev.tlsproxy.internal.store;

import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.CertifiedKey;
import java.nio.file.Path;
import java.util.Optional;

/** Certified keys as PEM files in a directory (being written). */
public final class FileCertificateStore implements CertificateStore {
    public FileCertificateStore(Path directory) {}

    @Override
    public Optional<CertifiedKey> load(String name) {
        throw new UnsupportedOperationException("being written");
    }

    @Override
    public void save(String name, CertifiedKey key) {
        throw new UnsupportedOperationException("being written");
    }

    @Override
    public void probe() {
        throw new UnsupportedOperationException("being written");
    }
}
