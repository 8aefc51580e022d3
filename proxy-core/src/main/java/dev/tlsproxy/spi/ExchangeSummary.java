package dev.tlsproxy.spi;

import java.net.InetAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * One exchange that has ended, as an access log or a counter wants it.
 *
 * @param route host pattern and path prefix of the route; empty where none was found
 * @param host the host the client asked for; empty text where the request named none
 * @param method the request method
 * @param target the request target as the client sent it. It may hold secrets (the tracker's {@code /announce/{key}},
 *     an API's {@code ?token=}): {@link #toString} leaves it out
 * @param httpVersion {@code HTTP/1.0}, {@code HTTP/1.1} or {@code HTTP/2.0}
 * @param status the status code that was sent; 0 where the client left before one was
 * @param failure why the proxy itself answered, or why the response was cut; empty for an upstream's complete response
 * @param requestBytes bytes of request body received; for a tunnel, of what the client sent through it
 * @param responseBytes bytes of response body sent; for a tunnel, of what was sent to the client through it
 * @param duration from the request head to the last byte of the response; for a tunnel, to its end
 * @param upgraded whether the connection was switched to a tunnel (status 101)
 * @param clientAddress the address of the client
 * @param tls what the handshake of the client connection agreed on
 */
public record ExchangeSummary(
        Optional<String> route,
        String host,
        String method,
        String target,
        String httpVersion,
        int status,
        Optional<String> failure,
        long requestBytes,
        long responseBytes,
        Duration duration,
        boolean upgraded,
        InetAddress clientAddress,
        NegotiatedTls tls) {

    /** Checks that no part is null. */
    public ExchangeSummary {
        Objects.requireNonNull(route, "route");
        Objects.requireNonNull(host, "host");
        Objects.requireNonNull(method, "method");
        Objects.requireNonNull(target, "target");
        Objects.requireNonNull(httpVersion, "httpVersion");
        Objects.requireNonNull(failure, "failure");
        Objects.requireNonNull(duration, "duration");
        Objects.requireNonNull(clientAddress, "clientAddress");
        Objects.requireNonNull(tls, "tls");
    }

    /** One line without the request target. */
    @Override
    public String toString() {
        return method + " " + route.orElse("(no route)") + " " + httpVersion + " " + status
                + failure.map(reason -> " (" + reason + ")").orElse("") + " " + duration.toMillis() + " ms";
    }
}
