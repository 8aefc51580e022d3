package dev.tlsproxy.acme.internal.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.tlsproxy.acme.internal.life.FakeIssuer.Asked;
import dev.tlsproxy.acme.internal.order.RenewalWindow;
import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.CertifiedKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Ten years of certificates of 90, 45 and 6 days, with a clock that a test moves. */
class TenYearsTest {

    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final Duration TEN_YEARS = Duration.ofDays(3652);
    private static final Map<String, Integer> DAYS =
            Map.of("ninety.example.com", 90, "fortyfive.example.org", 45, "six.example.net", 6);

    private Duration slept = Duration.ZERO;
    private final ManualTime time = new ManualTime(START);
    private final FakeIssuer issuer = new FakeIssuer("ca", time);
    private final FakeProxy proxy = new FakeProxy(CertificateStore.inMemory(), DAYS.keySet());
    // six times as long as in life, which makes it harder and the test six times as fast
    private final LifeSettings settings =
            new LifeSettings(8, LifeSettings.DEFAULTS.ownRate(), Duration.ofHours(1), Duration.ofHours(1), Map.of());

    @Test
    void neverExpiresAndOrdersNoMoreThanTheLifetimesNeed() {
        run(Duration.ZERO);
        // the last third of 90 and of 45 days, the last half of 6 days
        assertOrders("ninety.example.com", 60, 1);
        assertOrders("fortyfive.example.org", 30, 1);
        assertOrders("six.example.net", 3, 1);
    }

    @Test
    void followsWindowsThatMove() {
        issuer.window = this::movingWindow;
        run(Duration.ZERO);
        assertOrdersForMovingWindows(1);
        assertThat(issuer.orders.stream().filter(order -> order.replaces().isEmpty()))
                .hasSize(3);
        for (Asked order : issuer.orders) {
            order.replaces()
                    .ifPresent(leaf -> assertThat(order.at())
                            .isBetween(
                                    windowAt(leaf, order.at()).start(),
                                    windowAt(leaf, order.at()).end().plus(settings.checkEvery())));
        }
    }

    @Test
    void renewsAtTheNextLookAtTheClockWhereTheMachineSleepsForDays() {
        issuer.window = this::movingWindow;
        run(Duration.ofDays(5));
        assertThat(slept).isGreaterThan(Duration.ofDays(700));
        // asleep at its hour, a name is renewed late: of six days' certificates that makes a fifth fewer
        assertOrdersForMovingWindows(0.7);
    }

    private void run(Duration sleep) {
        issuer.lifetime = name -> Duration.ofDays(DAYS.getOrDefault(name, 0));
        Random random = new Random(7);
        try (AcmeManager manager = new AcmeManager(List.of(issuer), time, new Random(1), time, settings)) {
            manager.start(proxy);
            time.pass(Duration.ofSeconds(10));
            Instant end = START.plus(TEN_YEARS);
            while (time.instant().isBefore(end)) {
                if (!sleep.isZero() && random.nextInt(100) == 0) {
                    Duration nap = Duration.ofMillis(random.nextLong(sleep.toMillis()));
                    slept = slept.plus(nap);
                    time.jump(nap);
                    time.pass(settings.longestSleep());
                }
                time.pass(Duration.ofMinutes(97));
                if (proxy.served.size() < 3 || !servedUntil().isAfter(time.instant())) {
                    fail("at " + time.instant() + " served " + proxy.served);
                }
            }
        }
    }

    /** Windows end at 75 % of the lifetime, or at 80 % where they moved, which every other one does. */
    private void assertOrdersForMovingWindows(double awake) {
        DAYS.forEach((name, days) -> assertOrders(name, days * 0.775, awake));
    }

    /** Within 5 % of the fewest there can be, where each certificate is used until the latest day there is for it. */
    private void assertOrders(String name, double daysEach, double awake) {
        double least = 3652 / daysEach;
        assertThat((double) orders(name)).as(name).isBetween(least * awake, least * 1.05 + 1);
    }

    private Instant servedUntil() {
        Instant first = Instant.MAX;
        for (CertifiedKey key : proxy.served.values()) {
            first = key.notAfter().isBefore(first) ? key.notAfter() : first;
        }
        return first;
    }

    private long orders(String name) {
        return issuer.orders.stream().filter(order -> order.name().equals(name)).count();
    }

    private Optional<RenewalWindow> movingWindow(X509Certificate leaf) {
        return Optional.of(windowAt(leaf, time.instant()));
    }

    private static RenewalWindow windowAt(X509Certificate leaf, Instant now) {
        Instant from = leaf.getNotBefore().toInstant();
        Duration life = Duration.between(from, leaf.getNotAfter().toInstant());
        boolean moved = leaf.getSerialNumber().testBit(0) && now.isAfter(from.plus(life.dividedBy(2)));
        Instant start = from.plus(life.dividedBy(100).multipliedBy(moved ? 75 : 70));
        return new RenewalWindow(
                start, start.plus(life.dividedBy(20)), now.plus(Duration.ofHours(6)), Optional.empty());
    }
}
