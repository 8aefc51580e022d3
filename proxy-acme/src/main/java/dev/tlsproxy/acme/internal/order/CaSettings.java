package dev.tlsproxy.acme.internal.order;

import dev.tlsproxy.acme.spi.ChallengeSolver;
import dev.tlsproxy.acme.spi.ChallengeType;
import dev.tlsproxy.acme.spi.KeyType;
import java.net.URI;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * One CA, and how to ask it.
 *
 * @param directory its directory (RFC 8555 section 7.1.1)
 * @param staging the directory of its staging environment
 * @param email the account's contact
 * @param externalAccount the account at the CA that ours is bound to (RFC 8555 section 7.3.4)
 * @param trusted CA certificates that the directory's own TLS certificate may be signed by, beside the JVM's
 * @param profile the certificate profile
 * @param keyType the kind of the certificates' keys
 * @param preferredChain common name of the issuer at the top of the chain to choose, where the CA offers several
 * @param challenges the challenge types that may be used
 * @param dns puts dns-01 answers; empty where dns-01 can't be used
 */
public record CaSettings(
        URI directory,
        Optional<URI> staging,
        Optional<String> email,
        Optional<ExternalAccount> externalAccount,
        List<X509Certificate> trusted,
        Optional<String> profile,
        KeyType keyType,
        Optional<String> preferredChain,
        Set<ChallengeType> challenges,
        Optional<ChallengeSolver> dns) {

    /** Copies the collections. */
    public CaSettings {
        trusted = List.copyOf(trusted);
        challenges = Set.copyOf(challenges);
    }

    /** What its documents are filed under: host, port where it has one, and path of the directory, as one segment. */
    String id() {
        String port = directory.getPort() == -1 ? "" : "-" + directory.getPort();
        String text = directory.getHost() + port + directory.getPath();
        return text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9._-]+", "-").replaceAll("^[.-]+|-+$", "");
    }

    /** The same at its staging environment, whose chains have other names. */
    CaSettings at(URI other) {
        return new CaSettings(
                other,
                Optional.empty(),
                email,
                externalAccount,
                trusted,
                profile,
                keyType,
                Optional.empty(),
                challenges,
                dns);
    }

    /**
     * An account at the CA.
     *
     * @param keyId the key's id
     * @param macKey the key, base64url; a secret
     */
    public record ExternalAccount(String keyId, String macKey) {

        /** Without the key. */
        @Override
        public String toString() {
            return "ExternalAccount[" + keyId + "]";
        }
    }
}
