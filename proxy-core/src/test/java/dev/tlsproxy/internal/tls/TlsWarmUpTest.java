package dev.tlsproxy.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class TlsWarmUpTest {

    private static final Duration LONG = Duration.ofSeconds(60);

    private final ServerTlsContext context = new ServerTlsContext(
            new TlsConfig(true, false, false, Optional.empty()),
            new CertificateTable(),
            new ChallengeTable(),
            CertificateDemand.NONE);

    @Test
    void endsByItselfAndIsDoneOnceForAllProxies() throws Exception {
        AtomicInteger left = new AtomicInteger(3);
        try (TlsWarmUp first = TlsWarmUp.start(context, Instant.now(), left);
                TlsWarmUp second = TlsWarmUp.start(context, Instant.now(), left)) {
            assertThat(first.await(LONG)).isTrue();
            assertThat(second.await(LONG)).isTrue();
            assertThat(left.get()).isLessThanOrEqualTo(0);
        }

        try (TlsWarmUp third = TlsWarmUp.start(context, Instant.now(), left)) {
            assertThat(third.await(Duration.ZERO)).isTrue();
        }
    }

    @Test
    void endsWithTheProxyAndLeavesTheRestToTheNext() throws Exception {
        AtomicInteger left = new AtomicInteger(Integer.MAX_VALUE);
        TlsWarmUp warmUp = TlsWarmUp.start(context, Instant.now(), left);
        warmUp.close();

        assertThat(warmUp.await(LONG)).isTrue();
        assertThat(left.get()).isPositive();
    }
}
