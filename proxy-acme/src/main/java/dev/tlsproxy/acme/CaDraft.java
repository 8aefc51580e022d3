package dev.tlsproxy.acme;

import dev.tlsproxy.acme.internal.order.CaSettings;
import dev.tlsproxy.acme.internal.order.CaSettings.ExternalAccount;
import dev.tlsproxy.acme.spi.ChallengeSolver;
import dev.tlsproxy.acme.spi.ChallengeType;
import dev.tlsproxy.acme.spi.KeyType;
import java.net.URI;
import java.security.cert.X509Certificate;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** {@link CaSettings} while one of them changes. */
final class CaDraft {

    final URI directory;
    final Optional<URI> staging;
    Optional<String> email = Optional.empty();
    Optional<ExternalAccount> externalAccount = Optional.empty();
    List<X509Certificate> trusted = List.of();
    Optional<String> profile = Optional.empty();
    KeyType keyType = KeyType.EC_P256;
    Optional<String> preferredChain = Optional.empty();
    Set<ChallengeType> challenges = EnumSet.of(ChallengeType.TLS_ALPN_01, ChallengeType.HTTP_01);
    Optional<ChallengeSolver> dns = Optional.empty();

    CaDraft(URI directory, Optional<URI> staging) {
        this.directory = directory;
        this.staging = staging;
    }

    CaDraft(CaSettings from) {
        this(from.directory(), from.staging());
        email = from.email();
        externalAccount = from.externalAccount();
        trusted = from.trusted();
        profile = from.profile();
        keyType = from.keyType();
        preferredChain = from.preferredChain();
        challenges = from.challenges();
        dns = from.dns();
    }

    CaSettings settings() {
        return new CaSettings(
                directory, staging, email, externalAccount, trusted, profile, keyType, preferredChain, challenges, dns);
    }
}
