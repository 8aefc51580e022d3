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
                .filter(CertificateManager::servesOnDemand)
                .<CertificateDemand>map(manager -> new Asked(manager, served))
                .orElse(CertificateDemand.NONE);
    }

    private record Asked(CertificateManager manager, Predicate<String> served) implements CertificateDemand {

        @Override
        public Optional<CompletionStage<Boolean>> demand(String serverName) {
            try {
                return isPublic(serverName) ? manager.demand(serverName) : Optional.empty();
            } catch (RuntimeException e) {
                log.warn("CertificateManager.demand threw for {}", serverName, e);
                return Optional.empty();
            }
        }

        @Override
        public void used(String serverName) {
            try {
                if (isPublic(serverName)) {
                    manager.used(serverName);
                }
            } catch (RuntimeException e) {
                log.warn("CertificateManager.used threw for {}", serverName, e);
            }
        }

        /** An address is no server name (RFC 6066 section 3), though some clients send one. */
        private boolean isPublic(String serverName) {
            return served.test(serverName) && !HostName.isIpLiteral(serverName) && !HostName.isLocal(serverName);
        }
    }
}
