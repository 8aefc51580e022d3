package dev.tlsproxy.acme.internal.life;

import dev.tlsproxy.acme.internal.life.Next.Work;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whose turn it is: hands out the work of all names, so much of each kind at once, those that never failed first. Reads the
 * wall clock often instead of trusting a long wait, so that sleep of the machine and jumps of the clock do no harm.
 */
final class Agenda {

    private static final Logger LOG = LoggerFactory.getLogger(Agenda.class);
    private static final Duration SHORTEST_SLEEP = Duration.ofMillis(20);
    private static final Duration AFTER_DEFECT = Duration.ofMinutes(10);
    private static final int CHECKS = 4;
    private static final int WINDOWS = 2;

    private final Clock clock;
    private final Threads threads;
    private final LifeSettings settings;
    private final List<Entry> entries = new ArrayList<>();
    private final Map<Work, Integer> running = new EnumMap<>(Work.class);
    private final Set<String> defects = new HashSet<>();
    private int troubledOrders;
    private long wake;
    private boolean awake;
    private boolean closed;

    Agenda(Clock clock, Threads threads, LifeSettings settings) {
        this.clock = clock;
        this.threads = threads;
        this.settings = settings;
        for (Work work : Work.values()) {
            running.put(work, 0);
        }
    }

    /** A name with what it is to do; changed under the agenda's lock only. */
    private static final class Entry {
        final NameLife life;
        final BooleanSupplier wanted;
        Next next;
        Instant since;
        boolean busy;
        boolean troubled;

        Entry(NameLife life, BooleanSupplier wanted, Next next, Instant since) {
            this.life = life;
            this.wanted = wanted;
            this.next = next;
            this.since = since;
        }

        /** A clock that went back makes it due too: what it waits for may be long ahead now. */
        boolean isDue(Instant now) {
            return !busy && (!next.at().isAfter(now) || now.isBefore(since));
        }
    }

    synchronized void add(List<NameLife> lives) {
        lives.forEach(life -> enter(life, () -> true));
        wakeUp();
    }

    /**
     * Adds one that needs leave for each order.
     *
     * @param wanted asked before an order, on the order's thread; the name is removed when it says no
     */
    synchronized void add(NameLife life, BooleanSupplier wanted) {
        enter(life, wanted);
        wakeUp();
    }

    private void enter(NameLife life, BooleanSupplier wanted) {
        Instant now = clock.instant();
        entries.add(new Entry(life, wanted, new Next(Work.CHECK, now), now));
    }

    /** No more work for a name; what is under way comes to its end. */
    synchronized void remove(NameLife life) {
        entries.removeIf(entry -> entry.life == life);
    }

    synchronized void close() {
        closed = true;
    }

    private synchronized void tick(long number) {
        if (closed || number != wake) {
            return;
        }
        awake = false;
        Instant now = clock.instant();
        entries.stream()
                .filter(entry -> entry.isDue(now))
                .sorted(Comparator.comparingInt((Entry entry) -> entry.life.failures())
                        .thenComparing(entry -> entry.next.at()))
                .toList()
                .forEach(this::handOut);
        Instant latest = now.plus(settings.longestSleep());
        Instant next = entries.stream()
                .filter(entry -> !entry.busy && !entry.isDue(now))
                .map(entry -> entry.next.at())
                .filter(at -> at.isBefore(latest))
                .min(Comparator.naturalOrder())
                .orElse(latest);
        if (!awake) {
            Duration sleep = Duration.between(now, next);
            later(sleep.compareTo(SHORTEST_SLEEP) < 0 ? SHORTEST_SLEEP : sleep);
        }
    }

    private void handOut(Entry entry) {
        Work work = entry.next.work();
        boolean troubled = work == Work.ORDER && entry.life.failures() > 0;
        boolean full = running.getOrDefault(work, 0) >= most(work)
                || (troubled && troubledOrders >= Math.max(1, settings.ordersInFlight() / 2));
        if (full) {
            return;
        }
        running.merge(work, 1, Integer::sum);
        troubledOrders += troubled ? 1 : 0;
        entry.busy = true;
        entry.troubled = troubled;
        try {
            threads.run(() -> work(entry, work));
        } catch (RuntimeException | Error e) {
            defect(entry.life.name(), e);
            done(entry, work, new Next(Work.CHECK, clock.instant().plus(AFTER_DEFECT)));
        }
    }

    private int most(Work work) {
        return switch (work) {
            case CHECK -> CHECKS;
            case ASK_WINDOW -> WINDOWS;
            case ORDER -> settings.ordersInFlight();
        };
    }

    private void work(Entry entry, Work work) {
        Next next = new Next(Work.CHECK, clock.instant().plus(AFTER_DEFECT));
        try {
            if (work == Work.ORDER && !entry.wanted.getAsBoolean()) {
                remove(entry.life);
            } else {
                next = entry.life.work(work);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            defect(entry.life.name(), e);
        } finally {
            done(entry, work, next);
        }
    }

    private synchronized void done(Entry entry, Work work, Next next) {
        running.merge(work, -1, Integer::sum);
        troubledOrders -= entry.troubled ? 1 : 0;
        entry.troubled = false;
        entry.busy = false;
        entry.next = next;
        entry.since = clock.instant();
        wakeUp();
    }

    private void wakeUp() {
        if (!awake && !closed) {
            awake = true;
            later(Duration.ZERO);
        }
    }

    private void later(Duration delay) {
        long number = ++wake;
        threads.after(delay, () -> {
            try {
                tick(number);
            } catch (RuntimeException | Error e) {
                defect("agenda", e);
                retick(number);
            }
        });
    }

    private synchronized void retick(long number) {
        if (number == wake && !closed) {
            later(settings.longestSleep());
        }
    }

    /** Goes on; says so once for each kind of defect. */
    private synchronized void defect(String where, Throwable e) {
        StackTraceElement[] trace = e.getStackTrace();
        if (!closed
                && defects.size() < 1000
                && defects.add(e.getClass() + (trace.length > 0 ? trace[0].toString() : ""))) {
            LOG.error("{}: a defect, please report it; goes on in {}", where, AFTER_DEFECT, e);
        }
    }
}
