package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.testing.RawUpstream;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class WarmUpIT {

    @Test
    void connectsThroughAProxyOfItsOwnAndLeavesNothing() throws Exception {
        Set<Thread> before = ownThreads();
        try (WarmUpProxy proxy = WarmUpProxy.open()) {
            for (int i = 0; i < 12; i++) {
                proxy.connect();
            }
        }

        Awaitility.await()
                .atMost(Duration.ofSeconds(5))
                .untilAsserted(() -> assertThat(ownThreads()).isSubsetOf(before));
    }

    @Test
    void proxySaysWhenItsWarmUpIsOverAndItsUpstreamSeesNothingOfIt() throws Exception {
        try (RawUpstream upstream = RawUpstream.saying("ok");
                LocalProxy local = LocalProxy.started(LocalProxy.builder()
                        .route(LocalProxy.HOST, upstream.uri())
                        .warmUp(Duration.ofSeconds(1)))) {
            assertThat(local.proxy.awaitWarmUp(Duration.ofSeconds(30))).isTrue();
            assertThat(upstream.requests()).isEmpty();
            assertThat(local.ended).isEmpty();
            assertThat(local.proxy.certificates().keySet()).isEqualTo(Set.of(LocalProxy.HOST));
        }
    }

    @Test
    void proxyWithoutWarmUpSaysSoAtOnce() throws Exception {
        try (RawUpstream upstream = RawUpstream.saying("ok");
                LocalProxy local = LocalProxy.started(LocalProxy.builder()
                        .route(LocalProxy.HOST, upstream.uri())
                        .warmUp(Duration.ZERO))) {
            assertThat(local.proxy.awaitWarmUp(Duration.ZERO)).isTrue();
        }
    }

    private static Set<Thread> ownThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("tls-proxy"))
                .collect(Collectors.toSet());
    }
}
