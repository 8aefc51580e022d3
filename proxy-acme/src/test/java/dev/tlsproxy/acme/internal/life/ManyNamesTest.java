package dev.tlsproxy.acme.internal.life;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.acme.internal.life.FakeIssuer.Asked;
import dev.tlsproxy.acme.internal.life.LifeSettings.CaLimits;
import dev.tlsproxy.acme.internal.order.IssueException.Kind;
import dev.tlsproxy.spi.CertificateStatus;
import dev.tlsproxy.spi.CertificateStatus.State;
import dev.tlsproxy.spi.CertificateStore;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A thousand names, with a clock that a test moves. */
class ManyNamesTest {

    private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");

    private final ManualTime time = new ManualTime(START);
    private final FakeIssuer issuer = new FakeIssuer("ca", time);
    private final CertificateStore store = CertificateStore.inMemory();
    private final Set<String> names = names(1000);
    private FakeProxy proxy = new FakeProxy(store, names);

    @Test
    void startWithTenOrdersInTenSecondsAndNoMore() {
        start(Map.of());
        time.pass(Duration.ofSeconds(1010));
        assertThat(proxy.served).hasSize(1000);
        assertThat(issuer.orders).hasSize(1000);
        List<Asked> orders = issuer.orders;
        for (int i = 10; i < orders.size(); i++) {
            assertThat(Duration.between(orders.get(i - 10).at(), orders.get(i).at()))
                    .isGreaterThanOrEqualTo(Duration.ofSeconds(10));
        }
    }

    @Test
    void namesThatFailDelayNoOther() {
        issuer.rule = name -> {
            if (name.hashCode() % 3 == 0) {
                throw FakeIssuer.failure(Kind.NOT_VALIDATED, name + ": no such host");
            }
        };
        start(Map.of());
        time.pass(Duration.ofSeconds(1020));
        assertThat(names).filteredOn(name -> name.hashCode() % 3 != 0).allMatch(proxy.served::containsKey);
        assertThat(proxy.history)
                .filteredOn(status -> status.state() == State.BACKING_OFF)
                .allMatch(status -> status.name().hashCode() % 3 == 0);
    }

    @Test
    void aNameAtWhichTheCaBreaksDownDelaysNoOther() {
        issuer.rule = name -> {
            if (name.equals("host.site7.example")) {
                throw FakeIssuer.failure(Kind.CA_UNAVAILABLE, name + ": HTTP 500");
            }
        };
        start(Map.of());
        time.pass(Duration.ofSeconds(1020));
        assertThat(proxy.served).hasSize(999);
    }

    @Test
    void askACaThatIsDownOneAtATime() {
        proxy = new FakeProxy(store, names(100));
        issuer.rule = name -> {
            throw FakeIssuer.failure(Kind.CA_UNAVAILABLE, name + ": the CA can't be reached");
        };
        start(Map.of());
        time.pass(Duration.ofDays(3));
        assertThat(issuer.orders).hasSizeBetween(25, 60);
        issuer.rule = name -> {};
        time.pass(Duration.ofHours(6).plusSeconds(1020));
        assertThat(proxy.served).hasSize(100);
    }

    @Test
    void aCrashLoopAsksACaThatIsDownNoMoreOftenThanOneRun() {
        proxy = new FakeProxy(store, names(200));
        issuer.rule = name -> {
            throw FakeIssuer.failure(Kind.CA_UNAVAILABLE, name + ": the CA can't be reached");
        };
        for (int i = 0; i < 100; i++) {
            Threads threads = time.mortal();
            manager(threads, Map.of()).start(proxy);
            time.pass(Duration.ofSeconds(6));
            threads.close();
        }
        assertThat(issuer.orders).hasSizeBetween(5, 10);
    }

    @Test
    void stayBelowTheCasPublishedLimitsAndSayUntilWhen() {
        proxy = new FakeProxy(store, names(400));
        start(Map.of("ca", CaLimits.LETS_ENCRYPT));
        time.pass(Duration.ofMinutes(20));
        assertThat(issuer.orders).hasSize(300);
        CertificateStatus waiting = proxy.statuses.values().stream()
                .filter(status -> status.state() == State.BACKING_OFF)
                .findFirst()
                .orElseThrow();
        assertThat(waiting.until().orElseThrow()).isAfter(START.plus(Duration.ofMinutes(175)));
        assertThat(waiting.problem().orElseThrow())
                .startsWith(waiting.name()
                        + ": not ordered, as ca allows 300 orders of this account in PT3H and so many were"
                        + " made; possible at 2026-03-01T1");
        time.pass(Duration.ofHours(12));
        assertThat(proxy.served).hasSize(400);
    }

    private static Set<String> names(int count) {
        return IntStream.range(0, count)
                .mapToObj(number -> "host.site" + number + ".example")
                .collect(Collectors.toUnmodifiableSet());
    }

    private void start(Map<String, CaLimits> limits) {
        manager(time, limits).start(proxy);
    }

    private AcmeManager manager(Threads threads, Map<String, CaLimits> limits) {
        LifeSettings defaults = LifeSettings.DEFAULTS;
        return new AcmeManager(
                List.of(issuer),
                time,
                new Random(1),
                threads,
                new LifeSettings(8, defaults.ownRate(), defaults.checkEvery(), defaults.longestSleep(), limits));
    }
}
