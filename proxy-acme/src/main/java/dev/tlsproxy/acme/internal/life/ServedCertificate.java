package dev.tlsproxy.acme.internal.life;

import dev.tlsproxy.spi.CertificateSink;
import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.CertifiedKey;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The certificate that is served for one name, and the one the store has. For one thread at a time. */
final class ServedCertificate {

    private static final Logger LOG = LoggerFactory.getLogger(ServedCertificate.class);

    private final String name;
    private final CertificateStore store;
    private final CertificateSink sink;
    private Optional<CertifiedKey> served = Optional.empty();
    private boolean unsaved;
    private String lastProblem = "";

    ServedCertificate(String name, CertificateStore store, CertificateSink sink) {
        this.name = name;
        this.store = store;
        this.sink = sink;
    }

    Optional<CertifiedKey> served() {
        return served;
    }

    Optional<Instant> notAfter() {
        return served.map(CertifiedKey::notAfter);
    }

    /** What the store has, or empty where that can't be read. */
    Optional<CertifiedKey> stored() {
        try {
            Optional<CertifiedKey> stored = store.load(name);
            lastProblem = "";
            return stored;
        } catch (IOException e) {
            String problem = String.valueOf(e.getMessage());
            if (!problem.equals(lastProblem)) {
                LOG.warn(
                        "{}: the stored certificate can't be read, so another is ordered when one is needed: {}",
                        name,
                        problem);
                lastProblem = problem;
            }
            return Optional.empty();
        }
    }

    /**
     * Serves what the store has where it is another one and no older: another process renewed it, or someone put it there.
     *
     * @return whether that was so
     */
    boolean follow() {
        if (unsaved) {
            saveAgain();
            if (unsaved) {
                return false;
            }
        }
        Optional<CertifiedKey> stored = stored();
        return stored.isPresent() && isNews(stored.get()) && deploy(stored.get());
    }

    /** Serves it from the next handshake on, whether or not the store keeps it. */
    boolean save(CertifiedKey key) {
        try {
            store.save(name, key);
            unsaved = false;
        } catch (IOException e) {
            unsaved = true;
            LOG.error(
                    "{}: A NEW CERTIFICATE IS SERVED FROM MEMORY ONLY and is lost at the next restart: {}",
                    name,
                    e.getMessage());
        }
        return deploy(key);
    }

    boolean deploy(CertifiedKey key) {
        try {
            sink.deploy(name, key);
            served = Optional.of(key);
            return true;
        } catch (IllegalArgumentException e) {
            LOG.warn("{}: a certificate can't be served: {}", name, e.getMessage());
            return false;
        }
    }

    private void saveAgain() {
        try {
            store.save(name, served.orElseThrow());
            unsaved = false;
            LOG.info("{}: the certificate that was served from memory only is now in {}", name, store);
        } catch (IOException e) {
            LOG.debug("{}: still served from memory only", name, e);
        }
    }

    private boolean isNews(CertifiedKey stored) {
        return served.isEmpty()
                || (!stored.leaf().equals(served.get().leaf())
                        && !stored.notBefore().isBefore(served.get().notBefore()));
    }
}
