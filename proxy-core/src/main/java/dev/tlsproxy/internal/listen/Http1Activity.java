package dev.tlsproxy.internal.listen;

import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.xnio.Option;

/**
 * Whether an HTTP/1.1 connection is between two requests: then a proxy that closes may close it at once. It is not from
 * the first byte of a request to the end of its response, and never again once it is a tunnel. Used on the connection's
 * I/O thread.
 */
final class Http1Activity {

    /** Where a connection has it. */
    static final Option<Http1Activity> OPTION =
            Option.simple(Http1Activity.class, "HTTP1_ACTIVITY", Http1Activity.class);

    private boolean busy;
    private boolean tunnel;

    /** A handler that tells the end of each exchange to its connection's activity. */
    static HttpHandler watching(HttpHandler next) {
        return exchange -> {
            Http1Activity activity = of(exchange);
            if (activity != null) {
                activity.busy = true;
                exchange.addExchangeCompleteListener((done, proceed) -> {
                    activity.busy = false;
                    activity.tunnel = done.isUpgrade();
                    proceed.proceed();
                });
            }
            next.handleRequest(exchange);
        };
    }

    private static @Nullable Http1Activity of(HttpServerExchange exchange) throws IOException {
        return exchange.getConnection().getOption(OPTION);
    }

    void received() {
        busy = true;
    }

    boolean isIdle() {
        return !busy && !tunnel;
    }
}
