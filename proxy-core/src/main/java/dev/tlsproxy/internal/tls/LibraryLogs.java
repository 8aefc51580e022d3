package dev.tlsproxy.internal.tls;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Filter;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Keeps the java.util.logging output of the libraries inside off the host program's console: bctls 1.84 logs every
 * connection at INFO, XNIO its version. Only what is logged on this library's own threads is taken out, so the program's
 * own use of the same libraries logs as before. What is WARNING or worse goes to slf4j under the same logger name;
 * problems of a handshake, which every port scanner causes, and of an exchange, of which ProxyEvents hears, as debug.
 */
public final class LibraryLogs {

    /** How the names of this library's threads begin. Its I/O threads must be named so. */
    public static final String THREAD_PREFIX = "tls-proxy";

    private static final String JSSE = "org.bouncycastle.jsse.provider.";

    /** Logs each response that it can't read, with a stack trace. */
    private static final String CLIENT = "io.undertow.client";

    /** Logs each client that resets its connection while its response is sent, with a stack trace. */
    private static final String PROXY = "io.undertow.proxy";

    /** A filter works only on the very logger that is called, so each one has to be named. */
    private static final List<String> NAMES = List.of(
            JSSE + "ProvTlsServer",
            JSSE + "ProvTlsClient",
            JSSE + "ProvSSLEngine",
            JSSE + "ProvSSLContextSpi",
            JSSE + "ProvSSLSessionContext",
            JSSE + "ProvX509TrustManager",
            JSSE + "NamedGroupInfo",
            JSSE + "SignatureSchemeInfo",
            JSSE + "PropertyUtils",
            JSSE + "DisabledAlgorithmConstraints",
            JSSE + "ProvAlgorithmConstraints",
            "io.undertow",
            "io.undertow.request",
            "io.undertow.request.io",
            "io.undertow.request.error-response",
            PROXY,
            CLIENT,
            "io.undertow.session",
            "org.xnio",
            "org.xnio.nio",
            "org.xnio.nio.selector",
            "org.xnio.listener",
            "org.xnio.future",
            "org.xnio.safe-close",
            "org.xnio.ssl",
            "org.xnio.StreamConnection",
            "org.jboss.threads",
            "org.jboss.threads.errors");

    private static final ThreadLocal<Boolean> STARTING = ThreadLocal.withInitial(() -> false);

    /** Strong references: java.util.logging keeps loggers weakly, and a filter goes with its logger. */
    private static final List<OwnThreadsFilter> INSTALLED = new ArrayList<>();

    private static int users;

    private LibraryLogs() {}

    /** Takes the filters out again when closed. Closing twice does nothing more. */
    public interface Silence extends AutoCloseable {

        /** Ends the calling thread's start; its own records are logged as before. */
        void started();

        @Override
        void close();
    }

    /**
     * Installs the filters, for the calling thread too until {@link Silence#started}: XNIO logs its version on the
     * thread that loads its classes. Filters that a program has set are asked after these.
     *
     * @return removes them with the last one closed
     */
    public static Silence silence() {
        STARTING.set(true);
        synchronized (LibraryLogs.class) {
            if (users++ == 0) {
                NAMES.forEach(name -> INSTALLED.add(new OwnThreadsFilter(Logger.getLogger(name))));
            }
        }
        return new Handle();
    }

    private static final class Handle implements Silence {

        private boolean closed;

        @Override
        public void started() {
            STARTING.remove();
        }

        @Override
        public void close() {
            STARTING.remove();
            synchronized (LibraryLogs.class) {
                if (!closed) {
                    closed = true;
                    if (--users == 0) {
                        INSTALLED.forEach(OwnThreadsFilter::remove);
                        INSTALLED.clear();
                    }
                }
            }
        }
    }

    private static final class OwnThreadsFilter implements Filter {

        private final Logger logger;
        private final @Nullable Filter previous;

        OwnThreadsFilter(Logger logger) {
            this.logger = logger;
            this.previous = logger.getFilter();
            logger.setFilter(this);
        }

        void remove() {
            // A program may have set its own in the meantime; that one stays.
            if (logger.getFilter() == this) {
                logger.setFilter(previous);
            }
        }

        @Override
        public boolean isLoggable(LogRecord entry) {
            if (isOwnThread()) {
                if (entry.getLevel().intValue() >= Level.WARNING.intValue()) {
                    forward(entry);
                }
                return false;
            }
            return previous == null || previous.isLoggable(entry);
        }

        private void forward(LogRecord entry) {
            org.slf4j.Logger target = LoggerFactory.getLogger(logger.getName());
            String name = logger.getName();
            boolean expected = name.startsWith(JSSE)
                    || name.equals(CLIENT)
                    || (name.equals(PROXY) && entry.getThrown() instanceof IOException);
            // XNIO calls it an error when a listener is closed while it accepts.
            if (expected || entry.getThrown() instanceof ClosedChannelException) {
                target.debug(entry.getMessage(), entry.getThrown());
            } else {
                target.warn(entry.getMessage(), entry.getThrown());
            }
        }

        private static boolean isOwnThread() {
            return STARTING.get() || Thread.currentThread().getName().startsWith(THREAD_PREFIX);
        }
    }
}
