package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.internal.http.RouteEntry;
import dev.tlsproxy.internal.names.HostPattern;
import dev.tlsproxy.internal.upstream.UpstreamAddress;
import dev.tlsproxy.internal.upstream.UpstreamGroup;
import dev.tlsproxy.spi.ExchangeFilter;
import dev.tlsproxy.spi.UpgradeHandler;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which tunnels go on after an update. */
class LiveTest {

    private static final UpstreamAddress ONE = new UpstreamAddress(URI.create("http://127.0.0.1:3000"), null);
    private static final UpstreamAddress TWO = new UpstreamAddress(URI.create("http://127.0.0.1:3001"), null);

    @Test
    void keepsATunnelOfARouteThatStays() {
        RouteEntry route = route(new Handler("a"), ONE);
        assertThat(Live.keeps(route, route, Optional.of(TWO))).isTrue();
    }

    @Test
    void keepsATunnelWhoseUpstreamAndEqualHandlerAreStillThere() {
        RouteEntry before = route(new Handler("a"), ONE);
        assertThat(Live.keeps(before, route(new Handler("a"), TWO, ONE), Optional.of(ONE)))
                .isTrue();
        assertThat(Live.keeps(before, route(new Handler("b"), TWO, ONE), Optional.of(ONE)))
                .isFalse();
        assertThat(Live.keeps(before, route(new Handler("a"), TWO), Optional.of(ONE)))
                .isFalse();
    }

    @Test
    void endsATunnelOfARouteThatIsGone() {
        assertThat(Live.keeps(route(new Handler("a"), ONE), null, Optional.of(ONE)))
                .isFalse();
    }

    @Test
    void keepsOneThatIsBeingOpenedWhereEveryUpstreamItMayGetStays() {
        RouteEntry before = route(new Handler("a"), ONE, TWO);
        assertThat(Live.keeps(before, route(new Handler("a"), ONE), Optional.empty()))
                .isFalse();
        assertThat(Live.keeps(route(new Handler("a"), ONE), before, Optional.empty()))
                .isTrue();
    }

    private static RouteEntry route(UpgradeHandler handler, UpstreamAddress... upstreams) {
        return new RouteEntry(
                HostPattern.parse("grafana.localhost").orElseThrow(),
                "",
                false,
                new UpstreamGroup(List.of(upstreams)),
                Duration.ofSeconds(60),
                -1,
                List.of(),
                handler);
    }

    private record Handler(String policy) implements UpgradeHandler {
        @Override
        public Decision decide(ExchangeFilter.Exchange exchange) {
            return Decision.pass();
        }
    }
}
