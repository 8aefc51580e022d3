package dev.tlsproxy.internal.upstream;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one upstream got wrong: each fault is a line, the first in a minute as a warning. An upstream that is broken is so at
 * each request. Thread-safe.
 */
final class FaultLog {

    private static final Logger LOG = LoggerFactory.getLogger(FaultLog.class);
    private static final long PAUSE_NANOS = Duration.ofMinutes(1).toNanos();

    private final String upstream;
    private final LongSupplier ticker;
    private long warnedAt; // guarded by this
    private boolean warned; // guarded by this

    FaultLog(String upstream, LongSupplier ticker) {
        this.upstream = upstream;
        this.ticker = ticker;
    }

    /** Names a fault, without anything that was sent. */
    void add(String fault) {
        if (isDue()) {
            LOG.warn("upstream {}: malformed response: {}", upstream, fault);
        } else {
            LOG.debug("upstream {}: malformed response: {}", upstream, fault);
        }
    }

    private synchronized boolean isDue() {
        long now = ticker.getAsLong();
        if (warned && now - warnedAt < PAUSE_NANOS) {
            return false;
        }
        warned = true;
        warnedAt = now;
        return true;
    }
}
