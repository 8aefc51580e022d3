package dev.tlsproxy;

import dev.tlsproxy.internal.names.HostName;
import dev.tlsproxy.internal.tls.CertificateDemand;
import dev.tlsproxy.spi.CertificateManager;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the certificate manager for names that are known by a client's handshake only. */
final class OnDemand {

    private static final Logger log = LoggerFactory.getLogger(OnDemand.class);

    private OnDemand() {}

    /** Whether there is a manager that may grant a demand. */
    static boolean isServed(ProxyConfig config) {
        return config.acme().filter(CertificateManager::servesOnDemand).isPresent();
    }

    /** Asks for names that a route serves and a public CA could sign. */
    static CertificateDemand of(ProxyConfig config, Predicate<String> served) {
        return config.acme()
                .<CertificateDemand>map(
                        manager -> serverName -> served.test(serverName) && !HostName.isLocal(serverName)
                                ? ask(manager, serverName)
                                : Optional.empty())
                .orElse(CertificateDemand.NONE);
    }

    private static Optional<CompletionStage<Boolean>> ask(CertificateManager manager, String serverName) {
        try {
            return manager.demand(serverName);
        } catch (RuntimeException e) {
            log.warn("CertificateManager.demand threw for {}", serverName, e);
            return Optional.empty();
        }
    }
}
