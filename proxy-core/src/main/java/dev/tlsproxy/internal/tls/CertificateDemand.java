package dev.tlsproxy.internal.tls;

import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Asked, on I/O threads, for a certificate that a client wants and that is not there. */
@FunctionalInterface
public interface CertificateDemand {

    /** There is never one. */
    CertificateDemand NONE = serverName -> Optional.empty();

    /**
     * Asks for a certificate. Must not block.
     *
     * @param serverName a host in normal form
     * @return completes when it is known whether there is one; empty where there will be none
     */
    Optional<CompletionStage<Boolean>> demand(String serverName);

    /**
     * Hears that a client asks for a name that has a certificate. Must not block.
     *
     * @param serverName a host in normal form
     */
    default void used(String serverName) {}
}
