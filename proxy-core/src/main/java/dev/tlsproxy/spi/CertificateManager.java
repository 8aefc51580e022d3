package dev.tlsproxy.spi;

import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;

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

    /**
     * Puts other names in place of those of {@link Context#names}, while the proxy runs. A name that stays is not
     * disturbed; a new one is treated as at the start, what the store has of it is served when this returns; work for one
     * that is gone ends, and nothing more is deployed for it. Must not wait for a network; any thread but I/O threads.
     *
     * @param names host patterns in lower case and IP addresses in text form
     * @throws IllegalStateException when a name can't be served by this manager; nothing is changed then
     * @throws UnsupportedOperationException this default, for a manager whose names are fixed
     */
    default void names(Set<String> names) {
        throw new UnsupportedOperationException("names of " + this + " are fixed at its start");
    }

    /**
     * Asks for a certificate because a client wants one now: for a server name that a wildcard or the default route
     * would serve, that no certificate covers and that a public CA could sign. The handshake waits for the answer.
     *
     * <p>Called on I/O threads between {@link #start} and {@link #close}, often and for the same name too, by whoever
     * connects; must not block.
     *
     * @param serverName a host name in lower case
     * @return empty where it is to be refused. Else completes with true once the certificate is deployed, with false or
     *     exceptionally where there will be none for now; the same stage for each call until it completes. This default
     *     is empty
     */
    default Optional<CompletionStage<Boolean>> demand(String serverName) {
        return Optional.empty();
    }

    /**
     * Hears that a client was shown a certificate for a server name that {@link #demand} would be asked for if there were
     * none: so a name that nobody uses can be told from others. Called on I/O threads, for each such handshake; must not
     * block. This default does nothing.
     *
     * @param serverName a host name in lower case
     */
    default void used(String serverName) {}

    /**
     * Tells whether {@link #demand} may ever be granted: then the proxy can be built of a default route alone, and
     * {@link #start} is called even where there is no name to begin with.
     *
     * @return this default is false
     */
    default boolean servesOnDemand() {
        return false;
    }

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
