package dev.tlsproxy.spi;

import dev.tlsproxy.testing.CertificateStoreContract;

class InMemoryCertificateStoreTest extends CertificateStoreContract {

    private final CertificateStore store = CertificateStore.inMemory();

    @Override
    protected CertificateStore store() {
        return store;
    }
}
