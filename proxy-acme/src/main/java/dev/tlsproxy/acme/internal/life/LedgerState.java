package dev.tlsproxy.acme.internal.life;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What a ledger holds, in order of time. Immutable.
 *
 * @param orders new orders
 * @param certificates orders that led to a certificate or still may
 * @param failures failed validations
 * @param outage whether the CA is down
 */
record LedgerState(List<Entry> orders, List<Entry> certificates, List<Entry> failures, Outage outage) {

    static final LedgerState EMPTY = new LedgerState(List.of(), List.of(), List.of(), Outage.NONE);

    /** Keeps the document far below the store's megabyte; the oldest go first. */
    private static final int MOST = 3000;

    /** Something that happened to a name. */
    record Entry(String name, Instant at) {}

    /** With one more, without those that no longer count. */
    static List<Entry> add(List<Entry> entries, String name, Instant now, Duration within) {
        List<Entry> kept = new ArrayList<>(within(entries, now, within, entry -> true));
        kept.add(new Entry(name, now));
        return List.copyOf(kept.subList(Math.max(0, kept.size() - MOST), kept.size()));
    }

    /** Those that count now; one from the future was written with a wrong clock. */
    static List<Entry> within(List<Entry> entries, Instant now, Duration within, Predicate<Entry> which) {
        return entries.stream()
                .filter(entry ->
                        !entry.at().isAfter(now) && entry.at().plus(within).isAfter(now))
                .filter(which)
                .toList();
    }

    /** Without the last of a name. */
    static List<Entry> removeLast(List<Entry> entries, String name) {
        List<Entry> kept = new ArrayList<>(entries);
        for (int i = kept.size() - 1; i >= 0; i--) {
            if (kept.get(i).name().equals(name)) {
                kept.remove(i);
                break;
            }
        }
        return List.copyOf(kept);
    }

    LedgerState withOrders(List<Entry> now) {
        return new LedgerState(now, certificates, failures, outage);
    }

    LedgerState withCertificates(List<Entry> now) {
        return new LedgerState(orders, now, failures, outage);
    }

    LedgerState withFailures(List<Entry> now) {
        return new LedgerState(orders, certificates, now, outage);
    }

    LedgerState withOutage(Outage now) {
        return new LedgerState(orders, certificates, failures, now);
    }

    byte[] toText() {
        Map<String, String> values = new TreeMap<>(Map.of("version", "1"));
        values.put("orders", join(orders));
        values.put("certificates", join(certificates));
        values.put("failures", join(failures));
        values.put("outage.names", String.join(" ", outage.names()));
        values.put("outage.count", Integer.toString(outage.count()));
        values.put("outage.first", outage.first().toString());
        values.put("outage.until", outage.until().toString());
        return PropertiesText.write(values);
    }

    /**
     * Reads it.
     *
     * @throws IllegalArgumentException when it is damaged
     */
    static LedgerState fromText(byte[] content) {
        Map<String, String> values = PropertiesText.read(content);
        if (!"1".equals(values.get("version"))) {
            throw new IllegalArgumentException("version: " + values.get("version") + " (expected: 1)");
        }
        try {
            return new LedgerState(
                    split(values.getOrDefault("orders", "")),
                    split(values.getOrDefault("certificates", "")),
                    split(values.getOrDefault("failures", "")),
                    new Outage(
                            Set.copyOf(words(values.getOrDefault("outage.names", ""))),
                            Math.max(0, Integer.parseInt(values.getOrDefault("outage.count", "0"))),
                            Instant.parse(values.getOrDefault("outage.first", Instant.EPOCH.toString())),
                            Instant.parse(values.getOrDefault("outage.until", Instant.EPOCH.toString()))));
        } catch (java.time.DateTimeException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private static String join(List<Entry> entries) {
        return entries.stream()
                .map(entry -> entry.name() + "@" + entry.at().getEpochSecond())
                .collect(Collectors.joining(" "));
    }

    private static List<Entry> split(String text) {
        return words(text).stream()
                .map(word -> word.split("@", 2))
                .map(parts -> new Entry(parts[0], Instant.ofEpochSecond(Long.parseLong(parts[parts.length - 1]))))
                .toList();
    }

    private static List<String> words(String text) {
        return Arrays.stream(text.split(" ", -1))
                .filter(word -> !word.isEmpty())
                .toList();
    }
}
