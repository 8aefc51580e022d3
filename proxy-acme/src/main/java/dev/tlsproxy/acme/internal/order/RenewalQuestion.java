package dev.tlsproxy.acme.internal.order;

import dev.tlsproxy.acme.internal.ca.CaRefusal;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.shredzone.acme4j.RenewalInfo;
import org.shredzone.acme4j.Session;
import org.shredzone.acme4j.connector.Resource;
import org.shredzone.acme4j.exception.AcmeException;
import org.shredzone.acme4j.exception.AcmeProtocolException;

/** Asks a CA when it wants a certificate to be renewed (RFC 9773 section 4). Needs no account. */
final class RenewalQuestion {

    private static final String AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";
    private static final Duration USUALLY = Duration.ofHours(6);
    private static final Duration SOONEST = Duration.ofMinutes(1);
    private static final Duration LATEST = Duration.ofDays(1);

    private final Session session;
    private final Clock clock;
    private final Failures failures;

    RenewalQuestion(Session session, Clock clock, Failures failures) {
        this.session = session;
        this.clock = clock;
        this.failures = failures;
    }

    /** Whether the CA knows renewal information, and so what replaces means; and the certificate can be named. */
    boolean supportedFor(X509Certificate certificate) throws AcmeException {
        return certificate.getExtensionValue(AUTHORITY_KEY_IDENTIFIER) != null
                && session.resourceUrlOptional(Resource.RENEWAL_INFO).isPresent();
    }

    Optional<RenewalWindow> ask(X509Certificate certificate) throws IssueException, InterruptedException {
        String name = certificate.getSerialNumber().toString(16);
        try {
            return supportedFor(certificate) ? Optional.of(window(certificate)) : Optional.empty();
        } catch (AcmeException | RuntimeException e) {
            if (e.getCause() instanceof CaRefusal refusal && refusal.status() == 404) {
                return Optional.empty(); // it does not know this certificate
            }
            throw failures.translate("renewal information of " + name, e);
        }
    }

    private RenewalWindow window(X509Certificate certificate) throws AcmeException {
        RenewalInfo info =
                session.login(directory(), Keys.account()).bindRenewalInfo(certificate); // asked without signature
        Optional<Instant> retryAfter = info.fetch();
        Instant start = info.getSuggestedWindowStart();
        Instant end = info.getSuggestedWindowEnd();
        if (end.isBefore(start)) {
            throw new AcmeProtocolException("the suggested window ends before it starts");
        }
        return new RenewalWindow(
                start, end, askAgain(retryAfter), info.getExplanation().flatMap(RenewalQuestion::uri));
    }

    private Instant askAgain(Optional<Instant> retryAfter) {
        Instant now = clock.instant();
        Instant asked = retryAfter.orElse(now.plus(USUALLY));
        Instant soonest = now.plus(SOONEST);
        Instant latest = now.plus(LATEST);
        return asked.isBefore(soonest) ? soonest : asked.isAfter(latest) ? latest : asked;
    }

    private URL directory() {
        try {
            return session.getServerUri().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Optional<URI> uri(URL url) {
        try {
            return Optional.of(url.toURI());
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }
}
