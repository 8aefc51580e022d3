package dev.tlsproxy.websocket;

import dev.tlsproxy.spi.ExchangeFilter.Exchange;
import dev.tlsproxy.spi.HeaderFields;
import dev.tlsproxy.spi.UpgradeHandler.Decision;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The checks on a request to open a tunnel (RFC 6455 section 4.2.1), done before its upstream hears of it. That it is a
 * GET of HTTP/1.1 with {@code Upgrade} is known.
 */
final class Handshake {

    private static final String VERSION = "Sec-WebSocket-Version";
    private static final String KEY = "Sec-WebSocket-Key";
    private static final String PROTOCOL = "Sec-WebSocket-Protocol";
    private static final int KEY_BYTES = 16;

    private Handshake() {}

    /**
     * Checks a request, and takes offered subprotocols that are not allowed out of the upstream request.
     *
     * @return the refusal; empty where the request may pass
     */
    static Optional<Decision> check(Exchange exchange, Settings settings) {
        HeaderFields fields = exchange.upstreamRequest();
        if (!fields.all(VERSION).equals(List.of("13"))) {
            return Optional.of(Decision.refuse(426, "WebSocket version 13 is required", Map.of(VERSION, "13")));
        }
        if (!hasKey(fields)) {
            return Optional.of(Decision.refuse(400, "Sec-WebSocket-Key must be one value of 16 bytes in Base64"));
        }
        if (settings.origins().isPresent()) {
            Decision byOrigin = settings.origins().get().decide(exchange);
            if (byOrigin.refusal().isPresent()) {
                return Optional.of(byOrigin);
            }
        }
        return settings.subprotocols().isEmpty() ? Optional.empty() : subprotocols(fields, settings.subprotocols());
    }

    /** The members of a list field (RFC 9110 section 5.6.1) of names without quoted commas. */
    static List<String> list(HeaderFields fields, String name) {
        return fields.all(name).stream()
                .flatMap(line -> Stream.of(line.split(",")))
                .map(String::strip)
                .filter(member -> !member.isEmpty())
                .toList();
    }

    private static boolean hasKey(HeaderFields fields) {
        List<String> keys = fields.all(KEY);
        if (keys.size() != 1) {
            return false;
        }
        try {
            // Without padding it would be 22 characters, which the decoder takes.
            return keys.get(0).length() == 24 && Base64.getDecoder().decode(keys.get(0)).length == KEY_BYTES;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static Optional<Decision> subprotocols(HeaderFields fields, Set<String> allowed) {
        List<String> offered = list(fields, PROTOCOL);
        List<String> kept = offered.stream().filter(allowed::contains).toList();
        if (kept.isEmpty() && !offered.isEmpty()) {
            return Optional.of(Decision.refuse(403, "subprotocol not allowed"));
        }
        if (!kept.equals(offered)) {
            fields.set(PROTOCOL, String.join(", ", kept));
        }
        return Optional.empty();
    }
}
