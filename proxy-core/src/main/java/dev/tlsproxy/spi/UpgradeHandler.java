package dev.tlsproxy.spi;

import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Decides for a route whether a request to switch to the WebSocket protocol (RFC 6455 section 4.1) reaches its
 * upstream. Without one, every such request does.
 *
 * <p>Called on an I/O thread; must not block. What it throws refuses the upgrade with 500 and is logged.
 */
@FunctionalInterface
public interface UpgradeHandler {

    /**
     * Decides on one request.
     *
     * @param exchange the exchange, as an {@link ExchangeFilter} sees it; {@link ExchangeFilter.Exchange#upstreamRequest}
     *     has {@code Origin} and the {@code Sec-WebSocket-} fields
     * @return the decision
     */
    Decision decide(ExchangeFilter.Exchange exchange);

    /**
     * The answer of an {@link UpgradeHandler}.
     *
     * @param refusal the status code of a refusal, 400..599; empty to let the request pass
     * @param reason one sentence for the client; empty text where none is due
     * @param fields header fields of a refusal, such as {@code Sec-WebSocket-Version}
     * @param filter stands in the tunnel once it is open; empty where the bytes pass as they are
     */
    record Decision(
            Optional<Integer> refusal, String reason, Map<String, String> fields, Optional<TunnelFilter> filter) {

        /** Checks the status code, and copies the fields. */
        public Decision {
            Objects.requireNonNull(refusal, "refusal");
            Objects.requireNonNull(reason, "reason");
            Objects.requireNonNull(filter, "filter");
            fields = Map.copyOf(fields);
            if (refusal.isPresent() && (refusal.get() < 400 || refusal.get() > 599)) {
                throw new IllegalArgumentException("refusal: " + refusal.get() + " (expected: 400..599)");
            }
        }

        /**
         * Lets the request pass to the upstream, and the tunnel's bytes as they are.
         *
         * @return the decision
         */
        public static Decision pass() {
            return new Decision(Optional.empty(), "", Map.of(), Optional.empty());
        }

        /**
         * Lets the request pass to the upstream, and what goes through the tunnel by way of a filter.
         *
         * @param filter a new one for each decision; hears of the tunnel's end in any case
         * @return the decision
         */
        public static Decision pass(TunnelFilter filter) {
            return new Decision(Optional.empty(), "", Map.of(), Optional.of(filter));
        }

        /**
         * Answers the request with an error.
         *
         * @param status the status code, 400..599; 403 is usual for an origin that is not allowed
         * @param reason one sentence for the client
         * @return the decision
         * @throws IllegalArgumentException when the status is out of its range
         */
        public static Decision refuse(int status, String reason) {
            return refuse(status, reason, Map.of());
        }

        /**
         * Answers the request with an error and header fields of its own.
         *
         * @param status the status code, 400..599
         * @param reason one sentence for the client
         * @param fields by field name; such as the {@code Sec-WebSocket-Version} that goes with 426
         * @return the decision
         * @throws IllegalArgumentException when the status is out of its range
         */
        public static Decision refuse(int status, String reason, Map<String, String> fields) {
            return new Decision(Optional.of(status), reason, fields, Optional.empty());
        }
    }
}
