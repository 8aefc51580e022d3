package dev.tlsproxy.acme.internal.life;

import dev.tlsproxy.acme.internal.life.DemandedName.Outcome;
import dev.tlsproxy.spi.CertificateManager;
import dev.tlsproxy.spi.CertifiedKey;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The names that clients ask for. Each is decided on by the user's function, then served from the store or ordered, and
 * then lives as any other, but that each renewal is decided on again. Safe for use by several threads.
 *
 * <p>{@link #demand} and {@link #used} are called on I/O threads and take a short lock at most; the user's function and the
 * store are called on threads of the manager.
 */
final class Demands implements Outcome {

    private static final Logger LOG = LoggerFactory.getLogger(Demands.class);
    private static final Duration AFTER_DEFECT = Duration.ofSeconds(10);
    private static final Duration HOUR = Duration.ofHours(1);

    private final OnDemandSettings settings;
    private final CertificateManager.Context context;
    private final BiFunction<String, CertificateManager.Context, NameLife> lives;
    private final Agenda agenda;
    private final Threads threads;
    private final Clock clock;
    private final DemandLimit limit;
    private final RefusedNames refused = new RefusedNames(OnDemandSettings.MOST_REFUSED, OnDemandSettings.REFUSED);
    private final Map<String, CompletableFuture<Boolean>> pending = new HashMap<>();
    private final Deque<String> undecided = new ArrayDeque<>();
    private final Map<String, DemandedName> granted = new ConcurrentHashMap<>();
    private int deciding;
    private Instant fullSaid = Instant.MIN;
    private boolean closed;

    Demands(
            OnDemandSettings settings,
            CertificateManager.Context context,
            BiFunction<String, CertificateManager.Context, NameLife> lives,
            Agenda agenda,
            Threads threads,
            Clock clock) {
        this.settings = settings;
        this.context = context;
        this.lives = lives;
        this.agenda = agenda;
        this.threads = threads;
        this.clock = clock;
        this.limit = new DemandLimit(settings.perHour(), context.store());
    }

    /** A client waits for a certificate of this name. */
    Optional<CompletionStage<Boolean>> demand(String name) {
        Instant now = clock.instant();
        CompletableFuture<Boolean> answer;
        synchronized (this) {
            CompletableFuture<Boolean> same = pending.get(name);
            if (same != null) {
                return Optional.of(same);
            }
            if (closed || refused.contains(name, now) || isFull(name, now)) {
                return Optional.empty();
            }
            answer = new CompletableFuture<>();
            pending.put(name, answer);
            undecided.add(name);
            if (deciding == OnDemandSettings.DECISIONS) {
                return Optional.of(answer);
            }
            deciding++;
        }
        try {
            threads.run(this::decideAll);
        } catch (RuntimeException | Error e) {
            LOG.debug("{}: no thread to decide on it", name, e);
            synchronized (this) {
                deciding--;
                undecided.remove(name);
            }
            refuse(name, AFTER_DEFECT);
        }
        return Optional.of(answer);
    }

    /** A client was served by a certificate of this name. */
    void used(String name) {
        DemandedName known = granted.get(name);
        if (known != null) {
            known.use();
            if (known.isLapsed()) {
                var unused = demand(name);
            }
        }
    }

    /** The name has a life of its own now. */
    void forget(String name) {
        DemandedName known = granted.remove(name);
        if (known != null) {
            end(known);
        }
        synchronized (this) {
            undecided.remove(name);
        }
        settle(name, false);
    }

    /** Nobody waits any more. */
    void close() {
        List<CompletableFuture<Boolean>> waiting;
        synchronized (this) {
            closed = true;
            waiting = List.copyOf(pending.values());
            pending.clear();
            undecided.clear();
        }
        waiting.forEach(answer -> answer.complete(false));
    }

    private boolean isFull(String name, Instant now) {
        boolean names = granted.size() >= OnDemandSettings.MOST_NAMES && !granted.containsKey(name);
        boolean full = names || pending.size() >= OnDemandSettings.MOST_PENDING;
        if (full && !fullSaid.isAfter(now.minus(HOUR))) {
            fullSaid = now;
            LOG.warn(
                    "{}: no certificate on demand, as {}; further refusals are not logged for an hour",
                    name,
                    names
                            ? OnDemandSettings.MOST_NAMES + " names have theirs already"
                            : OnDemandSettings.MOST_PENDING + " names wait for theirs");
        }
        return full;
    }

    private void decideAll() {
        for (String name = next(); name != null; name = next()) {
            try {
                decide(name);
            } catch (RuntimeException | Error e) {
                LOG.error("{}: a defect, please report it; no certificate on demand", name, e);
                forget(name);
                refuse(name, AFTER_DEFECT);
            }
        }
    }

    private synchronized @Nullable String next() {
        String name = undecided.poll();
        deciding -= name == null ? 1 : 0;
        return name;
    }

    /** One name: is it allowed, is it in the store, may it be ordered, and then it lives. */
    private void decide(String name) {
        Optional<Boolean> answer = answer(name);
        if (answer.isEmpty() || !answer.get()) {
            refuse(name, answer.isEmpty() ? AFTER_DEFECT : OnDemandSettings.REFUSED);
            return;
        }
        Instant now = clock.instant();
        DemandedName demanded = new DemandedName(name, context, clock, this);
        NameLife life = lives.apply(name, demanded.gate());
        demanded.lives(life);
        Optional<CertifiedKey> stored =
                life.stored().filter(key -> key.notAfter().isAfter(now));
        Optional<Instant> later = stored.isPresent() ? Optional.empty() : limit.take(name, now);
        if (later.isPresent()) {
            refuse(name, Duration.between(now, later.get()));
        } else if (grant(demanded)) {
            life.begin(stored);
            life.remember();
            agenda.add(life, () -> isWanted(demanded));
        }
    }

    /** False where the name is not asked for any more. */
    private synchronized boolean grant(DemandedName demanded) {
        boolean asked = pending.containsKey(demanded.name());
        if (asked) {
            DemandedName before = granted.put(demanded.name(), demanded);
            if (before != null) {
                demanded.follows(before);
            }
        }
        return asked;
    }

    /** What the user's function says; empty where it throws. */
    private Optional<Boolean> answer(String name) {
        try {
            return Optional.of(settings.allowed().test(name));
        } catch (RuntimeException e) {
            LOG.warn("{}: the function that allows names on demand threw", name, e);
            return Optional.empty();
        }
    }

    /** Before an order. A function that throws ends no renewals. */
    private boolean isWanted(DemandedName demanded) {
        if (!demanded.isDelivered()) {
            return true;
        }
        boolean used = demanded.isUsed(clock.instant());
        if (used && answer(demanded.name()).orElse(true)) {
            return true;
        }
        demanded.lapse();
        LOG.info(
                "{}: not renewed, as it {}",
                demanded.name(),
                used ? "is not allowed any more" : "was not used for " + OnDemandSettings.UNUSED.toDays() + " days");
        return false;
    }

    @Override
    public void delivered(DemandedName name) {
        settle(name.name(), true);
    }

    /** Tried again when a client asks again; one whose old certificate is still served stays known, to be revived by use. */
    @Override
    public void failed(DemandedName name, Instant until) {
        end(name);
        if (!name.isShown()) {
            granted.remove(name.name(), name);
        }
        Duration rest = Duration.between(clock.instant(), until);
        refuse(name.name(), rest.isNegative() ? AFTER_DEFECT : rest);
    }

    private void end(DemandedName name) {
        name.lapse();
        NameLife life = name.life();
        if (life != null) {
            agenda.remove(life);
        }
    }

    private void refuse(String name, Duration time) {
        Instant now = clock.instant();
        synchronized (this) {
            Duration longest = OnDemandSettings.REFUSED;
            refused.add(name, now, now.plus(time.compareTo(longest) < 0 ? time : longest));
        }
        settle(name, false);
    }

    private void settle(String name, boolean deployed) {
        CompletableFuture<Boolean> answer;
        synchronized (this) {
            answer = pending.remove(name);
        }
        if (answer != null) {
            answer.complete(deployed);
        }
    }
}
