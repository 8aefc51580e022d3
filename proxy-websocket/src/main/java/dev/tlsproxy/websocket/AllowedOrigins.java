package dev.tlsproxy.websocket;

import dev.tlsproxy.spi.ExchangeFilter;
import dev.tlsproxy.spi.UpgradeHandler;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Lets WebSocket connections in from pages of certain origins only (RFC 6455 section 10.2): the defence against
 * cross-site WebSocket hijacking, in which a strange page uses the cookies of its visitor.
 *
 * <p>A request without {@code Origin} does not come from a page and passes, as do all that are not browsers.
 */
public final class AllowedOrigins implements UpgradeHandler {

    private final Set<String> origins;

    private AllowedOrigins(Set<String> origins) {
        this.origins = origins;
    }

    /**
     * Allows pages of these origins.
     *
     * @param origins at least one, each as a browser sends it: {@code https://grafana.example.com}, with the port where
     *     it is not the scheme's own
     * @return a handler for {@code Route.upgrades}
     * @throws IllegalArgumentException when there is none, or one is not a scheme, a host and an optional port
     */
    public static AllowedOrigins of(String... origins) {
        if (origins.length == 0) {
            throw new IllegalArgumentException("origins: none (expected: at least one, as \"https://HOST[:PORT]\")");
        }
        Set<String> normal = new LinkedHashSet<>();
        for (String origin : origins) {
            normal.add(normalize(origin));
        }
        return new AllowedOrigins(normal);
    }

    @Override
    public Decision decide(ExchangeFilter.Exchange exchange) {
        List<String> sent = exchange.upstreamRequest().all("Origin");
        boolean allowed = sent.isEmpty()
                || (sent.size() == 1 && origins.contains(sent.get(0).toLowerCase(Locale.ROOT)));
        return allowed ? Decision.pass() : Decision.refuse(403, "origin not allowed");
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof AllowedOrigins allowed && allowed.origins.equals(origins);
    }

    @Override
    public int hashCode() {
        return origins.hashCode();
    }

    private static String normalize(String origin) {
        Objects.requireNonNull(origin, "origin");
        try {
            URI uri = new URI(origin);
            boolean plain = uri.getScheme() != null
                    && uri.getHost() != null
                    && uri.getRawPath().isEmpty()
                    && uri.getRawUserInfo() == null
                    && uri.getRawQuery() == null
                    && uri.getRawFragment() == null;
            if (plain) {
                return origin.toLowerCase(Locale.ROOT);
            }
        } catch (URISyntaxException e) {
            // refused below, with the same words as other values that are no origin
        }
        throw new IllegalArgumentException("origin: \"" + origin + "\" (expected: \"https://HOST[:PORT]\")");
    }
}
