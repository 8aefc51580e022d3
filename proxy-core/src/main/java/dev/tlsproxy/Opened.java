package dev.tlsproxy;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What was opened, to be closed in reverse. Used by one thread at a time. */
final class Opened implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Opened.class);

    private final Deque<AutoCloseable> parts = new ArrayDeque<>();

    /** How a part is closed. */
    interface Closing<T> {
        void close(T part) throws Exception;
    }

    <T> T add(T part, Closing<T> closing) {
        parts.push(() -> closing.close(part));
        return part;
    }

    @Override
    public void close() {
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                log.warn("closing a part of the proxy failed", e);
            }
        }
    }
}
