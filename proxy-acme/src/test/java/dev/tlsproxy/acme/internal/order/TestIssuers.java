package dev.tlsproxy.acme.internal.order;

import dev.tlsproxy.acme.spi.ChallengeType;
import dev.tlsproxy.acme.spi.KeyType;
import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.spi.ChallengePort;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/** Issuers as proxies have them, for a CA that validates nothing, with the time that tests need. */
public final class TestIssuers {

    private TestIssuers() {}

    /**
     * An issuer by http-01.
     *
     * @param exchange how long one request may take, by the real clock
     */
    public static AcmeIssuer of(URI directory, CertificateStore store, Clock clock, Pause pause, Duration exchange) {
        CaSettings settings = new CaSettings(
                directory,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                KeyType.EC_P256,
                Optional.empty(),
                Set.of(ChallengeType.HTTP_01),
                Optional.empty());
        return new AcmeIssuer(settings, store, new NoPort(), clock, pause, new Random(1), exchange);
    }

    private static final class NoPort implements ChallengePort {

        @Override
        public Presented http01(String host, String token, String keyAuthorization) {
            return () -> {};
        }

        @Override
        public Presented tlsAlpn01(String name, CertifiedKey challenge) {
            return () -> {};
        }
    }
}
