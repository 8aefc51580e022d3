package dev.tlsproxy.acme.internal.ca;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URL;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.shredzone.acme4j.Problem;
import org.shredzone.acme4j.Session;
import org.shredzone.acme4j.connector.DefaultConnection;
import org.shredzone.acme4j.connector.HttpConnector;
import org.shredzone.acme4j.connector.NonceHolder;
import org.shredzone.acme4j.exception.AcmeException;
import org.shredzone.acme4j.exception.AcmeNetworkException;
import org.shredzone.acme4j.exception.AcmeProtocolException;
import org.shredzone.acme4j.toolbox.AcmeUtils;
import org.shredzone.acme4j.toolbox.JSON;
import org.shredzone.acme4j.toolbox.JSONBuilder;

/** One exchange with a CA (RFC 8555 section 6), in bounded time and memory. */
final class CaConnection extends DefaultConnection {

    private static final String USER_AGENT = "tls-proxy-jvm " + HttpConnector.defaultUserAgent();
    private static final String BAD_NONCE = "urn:ietf:params:acme:error:badNonce";
    private static final int MOST_NONCES = 20;

    private final Duration timeout;
    private final Clock clock;

    CaConnection(HttpConnector connector, Duration timeout, Clock clock) {
        super(connector);
        this.timeout = timeout;
        this.clock = clock;
    }

    /**
     * Sends a request up to twenty times while the CA says badNonce (RFC 8555 section 6.5). acme4j would do so ten times,
     * and log each time for the user to see. Pebble told to refuse every second nonce refuses ten in a row once in a
     * thousand requests, a dozen of which are one order.
     */
    @Override
    protected int sendSignedRequest(
            URL url,
            @Nullable JSONBuilder claims,
            Session session,
            KeyPair keypair,
            @Nullable URL accountLocation,
            String accept)
            throws AcmeException {
        for (int attempt = 1; ; attempt++) {
            try {
                return super.sendSignedRequest(url, claims, session, keypair, accountLocation, accept);
            } catch (AcmeNetworkException e) {
                if (attempt == MOST_NONCES || !isBadNonce(e)) {
                    throw e;
                }
            }
        }
    }

    /** acme4j's own measures seconds from the CA's clock, so that a skewed one makes it sleep too long or not at all. */
    @Override
    public Optional<Instant> getRetryAfter() {
        HttpResponse<?> last = lastResponse;
        return last == null ? Optional.empty() : RetryAfter.of(last.headers(), clock);
    }

    @Override
    protected void sendRequest(Session session, URL url, Consumer<HttpRequest.Builder> body) throws IOException {
        requireTls(session, url);
        HttpRequest.Builder builder = httpConnector
                .createRequestBuilder(url)
                .setHeader("User-Agent", USER_AGENT)
                .header("Accept-Language", session.getLanguageHeader());
        body.accept(builder);
        HttpRequest request = builder.build();
        if (request.method().equals("POST")) {
            keepNonce(session, Optional.empty()); // it is spent, also when no answer comes
        }
        HttpResponse<byte[]> answer = exchange(request);
        if (answer.statusCode() >= 400) {
            keepNonce(session, nonceOf(answer));
            throw new CaRefusal(answer.statusCode(), problemOf(answer, url), RetryAfter.of(answer.headers(), clock));
        }
        lastResponse = new CaResponse(answer);
    }

    /** RFC 8555 section 6.1; the addresses in a CA's answers are its own choice. */
    private static void requireTls(Session session, URL url) {
        if ("https".equals(session.getServerUri().getScheme()) && !"https".equals(url.getProtocol())) {
            throw new AcmeProtocolException("the CA names the address " + url + ", which is not https");
        }
    }

    /** The client's own time-out ends with the response head: a body that stalls would hold the session for ever. */
    private HttpResponse<byte[]> exchange(HttpRequest request) throws IOException {
        CompletableFuture<HttpResponse<byte[]>> answer = httpClient.sendAsync(request, info -> new BoundedBody());
        try {
            return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            answer.cancel(true);
            throw new HttpTimeoutException("no complete answer within " + timeout.toSeconds() + " s");
        } catch (InterruptedException e) {
            answer.cancel(true);
            Thread.currentThread().interrupt();
            throw (IOException) new InterruptedIOException("interrupted").initCause(e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException failure ? failure : new IOException(e.getCause());
        }
    }

    private static void keepNonce(Session session, Optional<String> nonce) {
        try (NonceHolder holder = session.lockNonce()) {
            holder.setNonce(nonce.orElse(null));
        }
    }

    private static Optional<String> nonceOf(HttpResponse<?> answer) {
        return answer.headers().firstValue("Replay-Nonce").filter(AcmeUtils::isValidBase64Url);
    }

    private static Optional<Problem> problemOf(HttpResponse<byte[]> answer, URL url) {
        String type = answer.headers().firstValue("Content-Type").orElse("").toLowerCase(Locale.ROOT);
        if (!type.startsWith("application/problem+json")) {
            return Optional.empty();
        }
        try {
            Problem problem = new Problem(JSON.parse(new String(answer.body(), StandardCharsets.UTF_8)), url);
            problem.getType();
            return Optional.of(problem);
        } catch (AcmeProtocolException | IllegalArgumentException notJson) {
            return Optional.empty();
        }
    }

    private static boolean isBadNonce(AcmeNetworkException failure) {
        return failure.getCause() instanceof CaRefusal refusal
                && refusal.problem()
                        .filter(problem -> problem.getType().toString().equals(BAD_NONCE))
                        .isPresent();
    }
}
