package dev.tlsproxy.internal.listen;

import dev.tlsproxy.internal.names.HostName;
import dev.tlsproxy.internal.tls.ChallengeTable;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.Methods;
import io.undertow.util.StatusCodes;
import java.util.Optional;
import java.util.function.IntSupplier;

/**
 * The answer to each request without TLS. Nothing of a request gets into a response before it was checked: the host by
 * {@link HostName}, the target to be of visible ASCII only (RFC 3986).
 */
final class PlainHttpHandler implements HttpHandler {

    private static final String CHALLENGE_PATH = "/.well-known/acme-challenge/";
    private static final int HTTPS_PORT = 443;

    private final ChallengeTable challenges;
    private final IntSupplier publicHttpsPort;

    PlainHttpHandler(ChallengeTable challenges, IntSupplier publicHttpsPort) {
        this.challenges = challenges;
        this.publicHttpsPort = publicHttpsPort;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        if (exchange.getRequestContentLength() != 0 || exchange.isRequestChannelAvailable()) {
            closeUnlessEmpty(exchange);
        }
        Optional<PlainTarget> target = hostField(exchange)
                .flatMap(field -> PlainTarget.of(exchange.getRequestURI(), exchange.getQueryString(), field));
        if (target.isEmpty()) {
            end(exchange, StatusCodes.BAD_REQUEST, "Bad Request\n");
        } else if (isChallenge(exchange, target.get())) {
            answerChallenge(exchange, target.get());
        } else {
            redirect(exchange, target.get());
        }
    }

    /** A body is not read: the connection ends with the response, so that it can't be taken for the next request. */
    private static void closeUnlessEmpty(HttpServerExchange exchange) {
        if (!exchange.isRequestComplete()) {
            exchange.setPersistent(false);
        }
    }

    private static Optional<String> hostField(HttpServerExchange exchange) {
        HeaderValues hosts = exchange.getRequestHeaders().get(Headers.HOST);
        return hosts == null || hosts.size() != 1 ? Optional.empty() : Optional.of(hosts.getFirst());
    }

    private static boolean isChallenge(HttpServerExchange exchange, PlainTarget target) {
        return target.path().startsWith(CHALLENGE_PATH)
                && (exchange.getRequestMethod().equals(Methods.GET)
                        || exchange.getRequestMethod().equals(Methods.HEAD));
    }

    private void answerChallenge(HttpServerExchange exchange, PlainTarget target) {
        String token = target.path().substring(CHALLENGE_PATH.length());
        Optional<String> body = challenges.http01Body(target.host(), token);
        end(exchange, body.isPresent() ? StatusCodes.OK : StatusCodes.NOT_FOUND, body.orElse("Not Found\n"));
    }

    private void redirect(HttpServerExchange exchange, PlainTarget target) {
        int port = publicHttpsPort.getAsInt();
        exchange.getResponseHeaders()
                .put(
                        Headers.LOCATION,
                        "https://" + target.uriHost() + (port == HTTPS_PORT ? "" : ":" + port) + target.path()
                                + target.query());
        end(exchange, StatusCodes.PERMANENT_REDIRECT, "");
    }

    private static void end(HttpServerExchange exchange, int status, String body) {
        exchange.setStatusCode(status);
        if (!body.isEmpty()) {
            exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "text/plain");
        }
        exchange.getResponseSender().send(body);
    }
}
