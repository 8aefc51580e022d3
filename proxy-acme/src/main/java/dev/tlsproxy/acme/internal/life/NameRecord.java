package dev.tlsproxy.acme.internal.life;

import dev.tlsproxy.acme.internal.order.RenewalWindow;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/**
 * What is known of a name beside its certificate, and outlives a restart.
 *
 * @param issued which CA issued the certificate in the store; empty where that is not known
 * @param window the CA's renewal window and the instant chosen in it
 * @param askAgain when to ask for the window again
 * @param trouble what failed since the last success; empty after one
 */
record NameRecord(
        Optional<Issued> issued, Optional<Window> window, Optional<Instant> askAgain, Optional<Trouble> trouble) {

    static final NameRecord EMPTY =
            new NameRecord(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    /** Where a certificate came from: the CA's id, its serial number in hex, and when it came, by our clock. */
    record Issued(String ca, String serial, Instant at) {

        static Issued of(String ca, X509Certificate leaf, Instant at) {
            return new Issued(ca, leaf.getSerialNumber().toString(16), at);
        }

        boolean is(X509Certificate leaf) {
            return serial.equals(leaf.getSerialNumber().toString(16));
        }
    }

    /** A renewal window, and the instant that is kept while the window stays. */
    record Window(Instant start, Instant end, Instant chosen) {}

    /**
     * Failures in a row.
     *
     * @param failures those that were the name's, or the account's
     * @param unavailable those that were the CA's
     * @param first when the first was
     * @param nextTry when to try again
     * @param problem one sentence
     * @param stagingFirst ids of the CAs where the name could not be validated
     */
    record Trouble(
            int failures, int unavailable, Instant first, Instant nextTry, String problem, Set<String> stagingFirst) {}

    /** The certificate has come; all that was known of its predecessor but the trouble is void. */
    NameRecord issuedBy(String ca, X509Certificate leaf, Instant now) {
        return new NameRecord(Optional.of(Issued.of(ca, leaf, now)), Optional.empty(), Optional.empty(), trouble);
    }

    /** The window was asked for; a window that stayed keeps its instant. */
    NameRecord asked(Optional<RenewalWindow> answer, Instant nextAsk, RandomGenerator random) {
        Optional<Window> fresh = answer.map(now -> window.filter(
                        old -> old.start().equals(now.start()) && old.end().equals(now.end()))
                .orElseGet(() -> new Window(now.start(), now.end(), RenewalPolicy.choose(now, random))));
        return new NameRecord(issued, fresh, Optional.of(nextAsk), trouble);
    }

    NameRecord askedInVain(Instant nextAsk) {
        return new NameRecord(issued, window, Optional.of(nextAsk), trouble);
    }

    NameRecord with(Optional<Trouble> now) {
        return new NameRecord(issued, window, askAgain, now);
    }

    int failures() {
        return trouble.map(known -> known.failures() + known.unavailable()).orElse(0);
    }

    byte[] toText() {
        Map<String, String> values = new TreeMap<>(Map.of("version", "1"));
        issued.ifPresent(known -> {
            values.put("issued.ca", known.ca());
            values.put("issued.serial", known.serial());
            values.put("issued.at", known.at().toString());
        });
        window.ifPresent(known -> {
            values.put("window.start", known.start().toString());
            values.put("window.end", known.end().toString());
            values.put("window.chosen", known.chosen().toString());
        });
        askAgain.ifPresent(at -> values.put("window.askAgain", at.toString()));
        trouble.ifPresent(known -> {
            values.put("trouble.failures", Integer.toString(known.failures()));
            values.put("trouble.unavailable", Integer.toString(known.unavailable()));
            values.put("trouble.first", known.first().toString());
            values.put("trouble.nextTry", known.nextTry().toString());
            values.put("trouble.problem", known.problem());
            values.put("trouble.stagingFirst", String.join(" ", new TreeSet<>(known.stagingFirst())));
        });
        return PropertiesText.write(values);
    }

    /**
     * Reads a record.
     *
     * @throws IllegalArgumentException when it is damaged; DateTimeException and NumberFormatException included
     */
    static NameRecord fromText(byte[] content) {
        Map<String, String> values = PropertiesText.read(content);
        if (!"1".equals(values.get("version"))) {
            throw new IllegalArgumentException("version: " + values.get("version") + " (expected: 1)");
        }
        try {
            return new NameRecord(
                    values.containsKey("issued.ca")
                            ? Optional.of(new Issued(
                                    text(values, "issued.ca"), text(values, "issued.serial"), at(values, "issued.at")))
                            : Optional.empty(),
                    values.containsKey("window.start")
                            ? Optional.of(new Window(
                                    at(values, "window.start"), at(values, "window.end"), at(values, "window.chosen")))
                            : Optional.empty(),
                    values.containsKey("window.askAgain")
                            ? Optional.of(at(values, "window.askAgain"))
                            : Optional.empty(),
                    values.containsKey("trouble.failures") ? Optional.of(troubleOf(values)) : Optional.empty());
        } catch (java.time.DateTimeException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private static Trouble troubleOf(Map<String, String> values) {
        return new Trouble(
                count(values, "trouble.failures"),
                count(values, "trouble.unavailable"),
                at(values, "trouble.first"),
                at(values, "trouble.nextTry"),
                text(values, "trouble.problem"),
                Arrays.stream(text(values, "trouble.stagingFirst").split(" ", -1))
                        .filter(id -> !id.isEmpty())
                        .collect(Collectors.toUnmodifiableSet()));
    }

    private static String text(Map<String, String> values, String key) {
        String value = values.get(key);
        if (value == null) {
            throw new IllegalArgumentException(key + ": missing");
        }
        return value;
    }

    private static Instant at(Map<String, String> values, String key) {
        return Instant.parse(text(values, key));
    }

    private static int count(Map<String, String> values, String key) {
        return Math.min(1_000_000, Math.max(0, Integer.parseInt(text(values, key))));
    }
}
