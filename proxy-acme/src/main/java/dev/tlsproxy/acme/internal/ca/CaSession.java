package dev.tlsproxy.acme.internal.ca;

import java.net.URI;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.shredzone.acme4j.Session;

/**
 * One CA's directory, nonces and HTTP client. To be reused: on JDK 17 an HTTP client keeps a thread until it is garbage.
 * Its requests go one after the other, each of at most the given time from its start to the last byte of its answer. An
 * answer of 400 or more is thrown as {@link org.shredzone.acme4j.exception.AcmeNetworkException} with a
 * {@link CaRefusal} as its cause; an interrupt as the same with an {@link java.io.InterruptedIOException}, and leaves
 * the thread's interrupt flag set.
 */
public final class CaSession implements AutoCloseable {

    private final Session session;
    private final CaProvider provider;

    /**
     * Connects to nothing yet.
     *
     * @param directory the CA's directory
     * @param trusted CA certificates for the directory's own TLS, beside the JVM's
     * @param timeout for one exchange
     * @param clock what Retry-After is measured from
     */
    public CaSession(URI directory, List<X509Certificate> trusted, Duration timeout, Clock clock) {
        this.provider = new CaProvider(trusted, clock);
        this.session = new Session(directory, provider);
        session.networkSettings().setTimeout(timeout);
        // an answer is a few KiB, and a compressed one can't be bounded before it is read
        session.networkSettings().setCompressionEnabled(false);
        // the details of problems end in logs and statuses, whose other words are English
        session.setLocale(Locale.ENGLISH);
    }

    /** What acme4j's calls need. */
    public Session session() {
        return session;
    }

    @Override
    public void close() {
        provider.shutdown();
    }
}
