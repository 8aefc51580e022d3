package dev.tlsproxy.spi;

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
     */
    record Decision(Optional<Integer> refusal, String reason) {

        /** Checks the status code. */
        public Decision {
            Objects.requireNonNull(refusal, "refusal");
            Objects.requireNonNull(reason, "reason");
            if (refusal.isPresent() && (refusal.get() < 400 || refusal.get() > 599)) {
                throw new IllegalArgumentException("refusal: " + refusal.get() + " (expected: 400..599)");
            }
        }

        /**
         * Lets the request pass to the upstream.
         *
         * @return the decision
         */
        public static Decision pass() {
            return new Decision(Optional.empty(), "");
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
            return new Decision(Optional.of(status), reason);
        }
    }
}
