package dev.tlsproxy.acme.internal.life;

import dev.tlsproxy.spi.CertificateManager;
import dev.tlsproxy.spi.CertificateSink;
import dev.tlsproxy.spi.CertificateStatus;
import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.spi.ChallengePort;
import java.time.Instant;
import java.util.Set;

/** The proxy as the life of one name sees it, until the name is gone: then nothing gets through any more. */
final class NameGate implements CertificateManager.Context, CertificateSink {

    private final CertificateManager.Context context;
    private final CertificateSink sink;
    private volatile boolean closed;
    private volatile Instant notAfter = Instant.MIN;

    /**
     * An open gate.
     *
     * @param sink what is behind it
     */
    NameGate(CertificateManager.Context context, CertificateSink sink) {
        this.context = context;
        this.sink = sink;
    }

    /** Holds no lock while it tells: the user's event listener runs in there. */
    @Override
    public void deploy(String name, CertifiedKey key) {
        if (!closed) {
            sink.deploy(name, key);
            notAfter = key.notAfter();
        }
    }

    @Override
    public void status(CertificateStatus status) {
        if (!closed) {
            sink.status(status);
        }
    }

    /** Whether a certificate that is alive went through. */
    boolean serves(Instant now) {
        return notAfter.isAfter(now);
    }

    void close() {
        closed = true;
    }

    @Override
    public Set<String> names() {
        return context.names();
    }

    @Override
    public CertificateStore store() {
        return context.store();
    }

    @Override
    public CertificateSink sink() {
        return this;
    }

    @Override
    public ChallengePort challenges() {
        return context.challenges();
    }
}
