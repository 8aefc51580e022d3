package dev.tlsproxy.acme.internal.life;

import dev.tlsproxy.spi.CertificateStore;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * So many new names in any hour, over all names and over restarts: the times are in the store under
 * {@code acme/on-demand.properties}. Proxies that share the store share it; two that write in the same instant may lose an
 * entry. Blocks.
 */
final class DemandLimit {

    private static final Logger LOG = LoggerFactory.getLogger(DemandLimit.class);
    private static final String DOCUMENT = "acme/on-demand.properties";
    private static final String BEGUN = "begun";
    private static final Duration HOUR = Duration.ofHours(1);

    private final int perHour;
    private final CertificateStore store;
    private List<Instant> begun = List.of();
    private Instant said = Instant.MIN;
    private boolean warned;

    DemandLimit(int perHour, CertificateStore store) {
        this.perHour = perHour;
        this.store = store;
    }

    /** Takes a place for a name, or says when there is one. */
    synchronized Optional<Instant> take(String name, Instant now) {
        List<Instant> counting = new ArrayList<>(present().stream()
                .filter(at -> !at.isAfter(now) && at.plus(HOUR).isAfter(now))
                .sorted()
                .toList());
        if (counting.size() >= perHour) {
            Instant free = counting.get(counting.size() - perHour).plus(HOUR);
            sayOnceAnHour(name, free, now);
            return Optional.of(free);
        }
        counting.add(now);
        begun = List.copyOf(counting);
        write();
        return Optional.empty();
    }

    private void sayOnceAnHour(String name, Instant free, Instant now) {
        if (said.isAfter(now) || !said.isAfter(now.minus(HOUR))) {
            said = now;
            LOG.warn(
                    "{}: no certificate on demand, as {} new names in an hour are allowed and so many were ordered;"
                            + " possible at {}; further refusals are not logged for an hour",
                    name,
                    perHour,
                    free);
        }
    }

    private List<Instant> present() {
        if (warned) {
            return begun;
        }
        try {
            Map<String, String> values =
                    PropertiesText.read(store.read(DOCUMENT).orElseGet(() -> PropertiesText.write(Map.of(BEGUN, ""))));
            return Stream.of(values.getOrDefault(BEGUN, "").split(" "))
                    .filter(text -> !text.isEmpty())
                    .map(Instant::parse)
                    .toList();
        } catch (IOException | IllegalArgumentException | DateTimeException e) {
            warn("can't be read", e);
            return begun;
        }
    }

    private void write() {
        String text = begun.stream().map(Instant::toString).collect(Collectors.joining(" "));
        try {
            store.write(DOCUMENT, PropertiesText.write(Map.of(BEGUN, text)));
            warned = false;
        } catch (IOException e) {
            warn("can't be written", e);
        }
    }

    private void warn(String what, Exception e) {
        if (!warned) {
            warned = true;
            LOG.warn("{} in {} {}; new names are counted in this run only: {}", DOCUMENT, store, what, e.getMessage());
        }
    }
}
