package dev.tlsproxy.spi;

import java.util.Set;

/**
 * Keeps a proxy's names served: gets a certificate for each and replaces it before it expires. Module
 * {@code proxy-acme} has the one that asks a public CA; the proxy's own local CA is another.
 */
public interface CertificateManager extends AutoCloseable {

    /**
     * Starts the work in threads of its own. Called once, when the listeners are bound and before the proxy's
     * {@code start()} returns; must not wait for a network.
     *
     * @param context the names and what is needed to serve them
     */
    void start(Context context);

    /** Ends the work: no thread, no challenge and no lock is left. Blocks until that is so. Twice does nothing more. */
    @Override
    void close();

    /** What a {@link CertificateManager} works with. */
    interface Context {

        /**
         * The names that need a certificate: host patterns in lower case and IP addresses in text form.
         *
         * @return an immutable set
         */
        Set<String> names();

        /**
         * Where certificates live between runs.
         *
         * @return the store
         */
        CertificateStore store();

        /**
         * Where results go.
         *
         * @return the sink
         */
        CertificateSink sink();

        /**
         * Where challenges are answered.
         *
         * @return the port
         */
        ChallengePort challenges();
    }
}
