package dev.tlsproxy.acme.internal.life;

import dev.tlsproxy.spi.CertificateManager;
import dev.tlsproxy.spi.CertificateSink;
import dev.tlsproxy.spi.CertificateStatus;
import dev.tlsproxy.spi.CertificateStatus.State;
import dev.tlsproxy.spi.CertifiedKey;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A name that was granted to a client, with what its life brings. Safe for use by several threads. */
final class DemandedName implements CertificateSink {

    private static final Duration GRAIN = Duration.ofHours(1);

    private final String name;
    private final CertificateManager.Context context;
    private final Clock clock;
    private final Outcome outcome;
    private final NameGate gate;
    private volatile @Nullable NameLife life;
    private volatile boolean delivered;
    private volatile boolean shown;
    private volatile boolean lapsed;
    private volatile Instant used;

    /** Hears what comes of it. */
    interface Outcome {

        /** A certificate that is alive is deployed. */
        void delivered(DemandedName name);

        /** There is none for now. */
        void failed(DemandedName name, Instant until);
    }

    DemandedName(String name, CertificateManager.Context context, Clock clock, Outcome outcome) {
        this.name = name;
        this.context = context;
        this.clock = clock;
        this.outcome = outcome;
        this.gate = new NameGate(context, this);
        this.used = clock.instant();
    }

    String name() {
        return name;
    }

    NameGate gate() {
        return gate;
    }

    @Nullable
    NameLife life() {
        return life;
    }

    void lives(NameLife life) {
        this.life = life;
    }

    /** Called on I/O threads for each handshake; written seldom. */
    void use() {
        Instant now = clock.instant();
        if (now.isAfter(used.plus(GRAIN)) || now.isBefore(used)) {
            used = now;
        }
    }

    boolean isUsed(Instant now) {
        return used.plus(OnDemandSettings.UNUSED).isAfter(now);
    }

    boolean isDelivered() {
        return delivered;
    }

    /** Whether a certificate is served for it, though perhaps an old one of an earlier grant. */
    boolean isShown() {
        return shown;
    }

    void follows(DemandedName before) {
        shown = before.shown;
    }

    boolean isLapsed() {
        return lapsed;
    }

    /** No more work for it, though what it brought is still served. */
    void lapse() {
        lapsed = true;
        gate.close();
    }

    /** An expired one of the store would be shown to clients that could wait for a good one. */
    @Override
    public void deploy(String name, CertifiedKey key) {
        if (delivered || key.notAfter().isAfter(clock.instant())) {
            context.sink().deploy(name, key);
            delivered = true;
            shown = true;
            outcome.delivered(this);
        }
    }

    @Override
    public void status(CertificateStatus status) {
        context.sink().status(status);
        if (!delivered && (status.state() == State.BACKING_OFF || status.state() == State.FAILED_FOR_GOOD)) {
            outcome.failed(this, status.until().orElse(Instant.MAX));
        }
    }
}
