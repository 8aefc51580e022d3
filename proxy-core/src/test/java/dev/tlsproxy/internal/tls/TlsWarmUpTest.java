package dev.tlsproxy.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class TlsWarmUpTest {

    private static final Duration LONG = Duration.ofSeconds(60);

    private final AtomicInteger handshakes = new AtomicInteger();

    @Test
    void endsByItselfAndIsDoneOnceForAllProxies() throws Exception {
        AtomicInteger left = new AtomicInteger(3);
        try (TlsWarmUp first = TlsWarmUp.start(handshakes::incrementAndGet, () -> false, left);
                TlsWarmUp second = TlsWarmUp.start(handshakes::incrementAndGet, () -> false, left)) {
            assertThat(first.await(LONG)).isTrue();
            assertThat(second.await(LONG)).isTrue();
            assertThat(left.get()).isLessThanOrEqualTo(0);
            assertThat(handshakes).hasValue(3);
        }

        try (TlsWarmUp third = TlsWarmUp.start(handshakes::incrementAndGet, () -> false, left)) {
            assertThat(third.await(Duration.ZERO)).isTrue();
        }
    }

    @Test
    void endsWithTheProxyAndLeavesTheRestToTheNext() throws Exception {
        AtomicInteger left = new AtomicInteger(Integer.MAX_VALUE);
        TlsWarmUp warmUp = TlsWarmUp.start(handshakes::incrementAndGet, () -> false, left);
        warmUp.close();

        assertThat(warmUp.await(LONG)).isTrue();
        assertThat(left.get()).isPositive();
    }

    @Test
    void letsClientsGoFirst() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        AtomicInteger askedBefore = new AtomicInteger();
        try (TlsWarmUp warmUp = TlsWarmUp.start(
                () -> askedBefore.set(asked.get()), () -> asked.incrementAndGet() < 5, new AtomicInteger(1))) {
            assertThat(warmUp.await(LONG)).isTrue();
        }

        assertThat(askedBefore).hasValue(5);
    }

    @Test
    void goesOnWhereAClientIsAlwaysThere() throws Exception {
        try (TlsWarmUp warmUp = TlsWarmUp.start(handshakes::incrementAndGet, () -> true, new AtomicInteger(2))) {
            assertThat(warmUp.await(LONG)).isTrue();
        }

        assertThat(handshakes).hasValue(2);
    }
}
