package dev.tlsproxy.acme.internal.life;

import dev.tlsproxy.acme.internal.order.Issuer;
import dev.tlsproxy.spi.CertificateManager;
import dev.tlsproxy.spi.CertifiedKey;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Keeps names served with certificates of CAs that speak ACME, each name for itself. What the store has is served when
 * {@link #start} returns; all else happens on daemon threads.
 *
 * <p>An expired stored certificate is served too, unless a stored wildcard certificate that is alive covers its name: a
 * client is then told what is wrong, and one that does not verify goes on; a handshake that fails would help no one.
 *
 * <p>A crash after the CA has issued and before the certificate is in the store loses that certificate; the order counts as
 * a failure of the name, so that a crash loop backs off, the first time by ten seconds.
 *
 * <p>Where the store can't be written no order is made, as its certificate could be lost over and over; but one is made all
 * the same, and served from memory, when the certificate that is served has less than a twentieth of its lifetime left.
 */
public final class AcmeManager implements CertificateManager {

    private final List<Issuer> issuers;
    private final Clock clock;
    private final RandomGenerator random;
    private final Threads threads;
    private final LifeSettings settings;
    private final Optional<OnDemandSettings> onDemand;
    private final Agenda agenda;
    private final Map<String, Kept> kept = new LinkedHashMap<>();
    private List<Ca> cas = List.of();
    private volatile @Nullable Demands demands;
    private @Nullable Context context;
    private boolean closed;

    /**
     * A manager that obtains nothing on demand; else as the other.
     *
     * @param issuers the CAs, asked in this order; at least one, each with its own id
     * @param clock the wall clock
     * @param random safe for use by several threads
     * @param threads where the work runs
     * @param settings how much at once and how often
     */
    AcmeManager(
            List<? extends Issuer> issuers,
            Clock clock,
            RandomGenerator random,
            Threads threads,
            LifeSettings settings) {
        this(issuers, clock, random, threads, settings, Optional.empty());
    }

    /**
     * A manager that has not started. It owns the issuers and the threads and closes them.
     *
     * @param issuers the CAs, asked in this order; at least one, each with its own id
     * @param clock the wall clock
     * @param random safe for use by several threads, such as {@link java.security.SecureRandom}
     * @param threads where the work runs
     * @param settings how much at once and how often
     * @param onDemand which names are obtained on demand; empty for none
     */
    public AcmeManager(
            List<? extends Issuer> issuers,
            Clock clock,
            RandomGenerator random,
            Threads threads,
            LifeSettings settings,
            Optional<OnDemandSettings> onDemand) {
        this.issuers = List.copyOf(issuers);
        this.clock = Objects.requireNonNull(clock, "clock");
        this.random = Objects.requireNonNull(random, "random");
        this.threads = Objects.requireNonNull(threads, "threads");
        this.settings = Objects.requireNonNull(settings, "settings");
        this.onDemand = onDemand;
        if (issuers.isEmpty()
                || this.issuers.stream().map(Issuer::id).distinct().count() < issuers.size()) {
            throw new IllegalArgumentException("issuers: "
                    + this.issuers.stream().map(Issuer::id).toList() + " (expected: at least one, each CA once)");
        }
        this.agenda = new Agenda(clock, threads, settings);
    }

    @Override
    public synchronized void start(Context context) {
        Objects.requireNonNull(context, "context");
        if (this.context != null || closed) {
            throw new IllegalStateException(
                    "certificate manager: started or closed before; one serves one proxy, once");
        }
        this.context = context;
        cas = issuers.stream()
                .map(issuer -> new Ca(issuer, settings, context.store(), random))
                .toList();
        onDemand.ifPresent(allowed -> demands = new Demands(allowed, context, this::life, agenda, threads, clock));
        keep(context.names(), context);
    }

    /**
     * {@inheritDoc}
     *
     * <p>An order that is under way for a name that is gone comes to its end, and what it brings goes to the store only.
     */
    @Override
    public synchronized void names(Set<String> names) {
        Context present = context;
        if (present == null) {
            throw new IllegalStateException(
                    "certificate manager: not started (expected: start(...) before names(...))");
        }
        if (closed) {
            return;
        }
        Set<String> gone = new LinkedHashSet<>(kept.keySet());
        gone.removeAll(names);
        gone.forEach(name -> Objects.requireNonNull(kept.remove(name)).end(agenda));
        Set<String> fresh = new LinkedHashSet<>(names);
        fresh.removeAll(kept.keySet());
        keep(fresh, present);
    }

    @Override
    public Optional<CompletionStage<Boolean>> demand(String serverName) {
        Demands present = demands;
        return present == null ? Optional.empty() : present.demand(serverName);
    }

    @Override
    public void used(String serverName) {
        Demands present = demands;
        if (present != null) {
            present.used(serverName);
        }
    }

    @Override
    public boolean servesOnDemand() {
        return onDemand.isPresent();
    }

    /** A name of the proxy's own, until it is gone. */
    private record Kept(NameLife life, NameGate gate) {

        void end(Agenda agenda) {
            gate.close();
            agenda.remove(life);
        }
    }

    private NameLife life(String name, Context context) {
        return new NameLife(name, context, cas, clock, random, settings.checkEvery());
    }

    private void keep(Set<String> names, Context context) {
        List<NameLife> lives = new ArrayList<>();
        for (String name : names) {
            if (demands != null) {
                demands.forget(name);
            }
            NameGate gate = new NameGate(context, context.sink());
            NameLife life = life(name, gate);
            kept.put(name, new Kept(life, gate));
            lives.add(life);
        }
        serveStored(lives);
        lives.forEach(NameLife::remember);
        agenda.add(lives);
    }

    private void serveStored(List<NameLife> lives) {
        Instant now = clock.instant();
        Map<NameLife, Optional<CertifiedKey>> others = new LinkedHashMap<>();
        Set<String> alive = new HashSet<>();
        kept.forEach((name, known) -> {
            if (known.gate().serves(now)) {
                alive.add(name);
            }
        });
        for (NameLife life : lives) {
            Optional<CertifiedKey> stored = life.stored();
            if (stored.isPresent() && stored.get().notAfter().isAfter(now)) {
                alive.add(life.name());
                life.begin(stored);
            } else {
                others.put(life, stored);
            }
        }
        others.forEach(
                (life, stored) -> life.begin(alive.contains(wildcardOver(life.name())) ? Optional.empty() : stored));
    }

    private static String wildcardOver(String name) {
        return "*" + name.substring(Math.max(0, name.indexOf('.')));
    }

    /** Interrupts what runs, and returns when it has ended, at the latest after a minute. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        agenda.close();
        if (demands != null) {
            demands.close();
        }
        threads.interrupt();
        issuers.forEach(Issuer::close);
        threads.close();
    }
}
