package dev.tlsproxy.internal.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class InFlightTest {

    private final InFlight inFlight = new InFlight(System::nanoTime);

    @Test
    void waitsForTheLast() throws Exception {
        inFlight.begin();
        inFlight.begin();
        assertThat(inFlight.awaitIdle(Duration.ofMillis(5))).isFalse();
        CompletableFuture<Boolean> idle = new CompletableFuture<>();
        Thread waiter = new Thread(() -> {
            try {
                idle.complete(inFlight.awaitIdle(Duration.ofSeconds(30)));
            } catch (InterruptedException e) {
                idle.completeExceptionally(e);
            }
        });
        waiter.start();
        inFlight.end();
        assertThat(idle).isNotDone();
        inFlight.end();
        assertThat(idle.get(5, TimeUnit.SECONDS)).isTrue();
        assertThat(inFlight.running()).isZero();
    }
}
