package dev.tlsproxy.tests.soak;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;

/** What was seen: counts, and what must not be. Thread-safe. */
final class Findings {

    private static final int MOST = 20;

    private final Map<String, LongAdder> outcomes = new ConcurrentSkipListMap<>();
    private final Map<String, LongAdder> faults = new ConcurrentSkipListMap<>();
    private final Map<String, LongAdder> loads = new ConcurrentSkipListMap<>();
    private volatile boolean over;
    private final LongAdder stale = new LongAdder();
    private final List<String> wrong = new CopyOnWriteArrayList<>();

    void ended(String load, Fault fault, Outcome outcome) {
        count(outcomes, outcome.name());
        count(loads, load);
        if (fault != Fault.NONE) {
            count(faults, fault.name());
        }
    }

    /** An upload was lost with the kept connection it was sent on. */
    void lostUpload() {
        stale.increment();
    }

    /** Something that must not be. */
    void wrong(String what) {
        wrong.add("after " + calls() + " calls: " + what);
    }

    /** Something that must never be, such as a byte of another call: the load ends at once. */
    void fatal(String what) {
        over = true;
        wrong(what);
    }

    boolean goesOn() {
        return !over && wrong.size() < MOST;
    }

    List<String> wrong() {
        return List.copyOf(wrong);
    }

    long calls() {
        return outcomes.values().stream().mapToLong(LongAdder::sum).sum();
    }

    long stale() {
        return stale.sum();
    }

    private static void count(Map<String, LongAdder> counts, String name) {
        counts.computeIfAbsent(name, first -> new LongAdder()).increment();
    }

    Map<String, LongAdder> faults() {
        return new TreeMap<>(faults);
    }

    @Override
    public String toString() {
        return calls() + " calls " + loads + "; outcomes " + outcomes + "; uploads on stale connections " + stale
                + "; faults " + faults;
    }
}
