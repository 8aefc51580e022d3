package dev.tlsproxy;

import dev.tlsproxy.internal.upstream.CheckConfig;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a route's upstreams are asked whether they are well: by a GET on a connection of its own (HTTP/1.1 or
 * HTTP/2 and TLS as for requests), again and again while the proxy runs. Immutable: each method returns a new check.
 *
 * <p>An upstream is taken for up until {@link #fall} checks in a row failed; then for down, and skipped, until {@link #rise}
 * in a row passed. {@link dev.tlsproxy.spi.ProxyEvents#upstreamDown} and {@code upstreamUp} tell of it. An update that keeps
 * an upstream and an equal check of it keeps what was found.
 */
public final class HealthCheck {

    private final CheckConfig config;

    private HealthCheck(CheckConfig config) {
        this.config = config;
    }

    /**
     * A check each 10 s, of at most 5 s, that passes with a status of 200 to 299; two to pass until an upstream is up, three
     * to fail until it is down.
     *
     * @param path path and, if wanted, query, put behind the base path of the upstream's URI: {@code /health}
     * @return the check
     * @throws IllegalArgumentException when it does not begin with a slash, or is not of visible ASCII characters
     */
    public static HealthCheck of(String path) {
        Objects.requireNonNull(path, "path");
        if (!path.matches("/[!-~&&[^#]]*")) {
            throw new IllegalArgumentException("healthCheck path: \"" + path
                    + "\" (expected: \"/\" and visible ASCII characters without \"#\", with an optional query)");
        }
        return new HealthCheck(
                new CheckConfig(path, null, Duration.ofSeconds(10), Duration.ofSeconds(5), 200, 299, 2, 3));
    }

    /**
     * Sets how long to wait between a check and the next, a tenth more or less.
     *
     * @param time 1 ms to 1 day; default 10 s
     * @return a new check
     * @throws IllegalArgumentException when out of range
     */
    public HealthCheck interval(Duration time) {
        Duration interval = Timeouts.checked("healthCheck interval", time);
        return with(config.host(), interval, config.timeout(), config.minStatus(), config.maxStatus());
    }

    /**
     * Sets how long a check may take, from the look-up of the name to the status.
     *
     * @param time 1 ms to 1 day; default 5 s
     * @return a new check
     * @throws IllegalArgumentException when out of range
     */
    public HealthCheck timeout(Duration time) {
        Duration timeout = Timeouts.checked("healthCheck timeout", time);
        return with(config.host(), config.interval(), timeout, config.minStatus(), config.maxStatus());
    }

    /**
     * Sets the one status that passes.
     *
     * @param status 200 to 599
     * @return a new check
     * @throws IllegalArgumentException when out of range
     */
    public HealthCheck expect(int status) {
        return expect(status, status);
    }

    /**
     * Sets which status passes.
     *
     * @param min the least, 200 or more; default 200
     * @param max the greatest, 599 or less; default 299
     * @return a new check
     * @throws IllegalArgumentException when out of range, or the greatest is less than the least
     */
    public HealthCheck expect(int min, int max) {
        if (min < 200 || max > 599 || max < min) {
            throw new IllegalArgumentException(
                    "healthCheck expect: " + min + ".." + max + " (expected: a range within 200..599)");
        }
        return with(config.host(), config.interval(), config.timeout(), min, max);
    }

    /**
     * Sets the Host field of checks.
     *
     * @param host a host name or IP address, with a port if wanted; default: those of the upstream's URI
     * @return a new check
     * @throws IllegalArgumentException when it is none
     */
    public HealthCheck host(String host) {
        Objects.requireNonNull(host, "host");
        if (!host.matches("([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+])(:[0-9]{1,5})?")) {
            throw new IllegalArgumentException("healthCheck host: \"" + host + "\" (expected: HOST[:PORT])");
        }
        return with(host, config.interval(), config.timeout(), config.minStatus(), config.maxStatus());
    }

    /**
     * Sets how many checks in a row have to pass until an upstream is up again.
     *
     * @param checks 1 to 1000; default 2
     * @return a new check
     * @throws IllegalArgumentException when out of range
     */
    public HealthCheck rise(int checks) {
        return counting(checked("rise", checks), config.fall());
    }

    /**
     * Sets how many checks in a row have to fail until an upstream is down.
     *
     * @param checks 1 to 1000; default 3
     * @return a new check
     * @throws IllegalArgumentException when out of range
     */
    public HealthCheck fall(int checks) {
        return counting(config.rise(), checked("fall", checks));
    }

    private HealthCheck with(@Nullable String host, Duration interval, Duration timeout, int minStatus, int maxStatus) {
        return new HealthCheck(new CheckConfig(
                config.path(), host, interval, timeout, minStatus, maxStatus, config.rise(), config.fall()));
    }

    private HealthCheck counting(int rise, int fall) {
        return new HealthCheck(new CheckConfig(
                config.path(),
                config.host(),
                config.interval(),
                config.timeout(),
                config.minStatus(),
                config.maxStatus(),
                rise,
                fall));
    }

    private static int checked(String what, int checks) {
        if (checks < 1 || checks > 1000) {
            throw new IllegalArgumentException("healthCheck " + what + ": " + checks + " (expected: 1..1000)");
        }
        return checks;
    }

    CheckConfig toConfig() {
        return config;
    }
}
