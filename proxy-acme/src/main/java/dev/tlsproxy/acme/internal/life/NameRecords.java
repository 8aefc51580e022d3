package dev.tlsproxy.acme.internal.life;

import dev.tlsproxy.acme.internal.life.NameRecord.Trouble;
import dev.tlsproxy.spi.CertificateStore;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Name records in the store: {@code acme/names/NAME.properties}. */
final class NameRecords {

    private static final Logger LOG = LoggerFactory.getLogger(NameRecords.class);
    private static final Duration AFTER_DAMAGE = Duration.ofMinutes(1);

    private final CertificateStore store;
    private final Clock clock;

    NameRecords(CertificateStore store, Clock clock) {
        this.store = store;
        this.clock = clock;
    }

    /**
     * The record of a name. One that can't be read counts as one failure, staging first at no CA: what it knew of failures is
     * lost, so the next order waits a minute.
     */
    NameRecord read(String name) {
        String document = document(name);
        try {
            Optional<byte[]> content = store.read(document);
            return content.isPresent() ? NameRecord.fromText(content.get()) : NameRecord.EMPTY;
        } catch (IOException | IllegalArgumentException e) {
            LOG.warn("{}: {} in {} can't be read and is started afresh: {}", name, document, store, e.getMessage());
            Trouble unknown = new Trouble(
                    1,
                    0,
                    clock.instant(),
                    clock.instant().plus(AFTER_DAMAGE),
                    name + ": what was known of earlier tries can't be read; tried again in a minute",
                    Set.of());
            NameRecord fresh = NameRecord.EMPTY.with(Optional.of(unknown));
            write(name, fresh);
            return fresh;
        }
    }

    /** Writes it; what can't be written is logged, and lasts until the end of this run. */
    boolean write(String name, NameRecord record) {
        try {
            store.write(document(name), record.toText());
            return true;
        } catch (IOException e) {
            LOG.warn("{}: what is known of its tries can't be kept over a restart: {}", name, e.getMessage());
            return false;
        }
    }

    static String lock(String name) {
        return "acme/locks/" + segment(name);
    }

    private static String document(String name) {
        return "acme/names/" + segment(name) + ".properties";
    }

    private static String segment(String name) {
        return name.replace(':', '-');
    }
}
