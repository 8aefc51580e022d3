package dev.tlsproxy.examples;

import dev.tlsproxy.Balance;
import dev.tlsproxy.HealthCheck;
import dev.tlsproxy.Route;
import java.time.Duration;

/** The README's route to several upstreams, compiled. */
final class BalanceExample {

    private BalanceExample() {}

    static Route route() {
        // begin
        Route route = Route.of("api.example.com")
                .to("http://10.0.0.1:8080", "http://10.0.0.2:8080")
                .balance(Balance.LEAST_CONNECTIONS) // default: in turn
                .healthCheck(HealthCheck.of("/health").interval(Duration.ofSeconds(5)))
                .slowStart(Duration.ofSeconds(30));
        // end
        return route;
    }
}
