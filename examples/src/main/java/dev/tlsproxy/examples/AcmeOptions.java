package dev.tlsproxy.examples;

import dev.tlsproxy.TlsProxyBuilder;
import dev.tlsproxy.acme.Acme;
import dev.tlsproxy.acme.spi.ChallengeType;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@code run} for certificates from a public CA. */
final class AcmeOptions {

    @Option(
            names = "--acme",
            paramLabel = "URL|letsencrypt|letsencrypt-staging",
            description = "Gets certificates from this CA (the URL of its ACME directory), for hosts that have none of"
                    + " your own and that a public CA signs. This accepts the CA's terms of service.")
    private @Nullable String ca;

    @Option(names = "--acme-email", paramLabel = "EMAIL", description = "A contact for your account at the CA.")
    private @Nullable String email;

    @Option(
            names = "--acme-trust",
            paramLabel = "FILE",
            description = "Trusts the CA certificates of a PEM file for connections to the CA, beside the JVM's own.")
    private @Nullable Path trust;

    @Option(
            names = "--acme-challenge",
            paramLabel = "auto|http-01|tls-alpn-01",
            description = "How the CA checks that a host is yours: on port 80, on port 443, or whichever works"
                    + " (default).")
    private @Nullable String challenge;

    /**
     * Adds the CA, where one is named.
     *
     * @param builder where to
     * @param noHttp whether there is no HTTP listener
     * @throws UsageException when options don't go together, or one has another form
     */
    void addTo(TlsProxyBuilder builder, boolean noHttp) {
        if (ca == null) {
            refuseWithoutCa("--acme-email", email);
            refuseWithoutCa("--acme-trust", trust);
            refuseWithoutCa("--acme-challenge", challenge);
            return;
        }
        Acme acme = ca(ca);
        if (email != null) {
            acme = acme.email(email);
        }
        if (trust != null) {
            acme = acme.trust(trust);
        }
        builder.acme(challenges(acme, challenge == null ? "auto" : challenge, noHttp));
    }

    private static void refuseWithoutCa(String option, @Nullable Object value) {
        if (value != null) {
            throw new UsageException(option + " " + value + " (expected: --acme beside it, which names the CA)");
        }
    }

    private static Acme ca(String text) {
        return switch (text) {
            case "letsencrypt" -> Acme.letsEncrypt();
            case "letsencrypt-staging" -> Acme.letsEncryptStaging();
            default -> directory(text);
        };
    }

    private static Acme directory(String text) {
        try {
            return Acme.directory(new URI(text));
        } catch (URISyntaxException | IllegalArgumentException e) {
            throw new UsageException(
                    "--acme: \"" + text + "\" (expected: letsencrypt, letsencrypt-staging or https://HOST[:PORT]/PATH)",
                    e);
        }
    }

    private static Acme challenges(Acme acme, String text, boolean noHttp) {
        switch (text) {
            case "auto" -> {
                return noHttp ? acme.challenges(ChallengeType.TLS_ALPN_01) : acme;
            }
            case "tls-alpn-01" -> {
                return acme.challenges(ChallengeType.TLS_ALPN_01);
            }
            case "http-01" -> {
                if (noHttp) {
                    throw new UsageException("--acme-challenge http-01 cannot be combined with --no-http"
                            + " (the CA asks the HTTP listener)");
                }
                return acme.challenges(ChallengeType.HTTP_01);
            }
            default ->
                throw new UsageException("--acme-challenge: \"" + text + "\" (expected: auto, http-01 or tls-alpn-01)");
        }
    }
}
