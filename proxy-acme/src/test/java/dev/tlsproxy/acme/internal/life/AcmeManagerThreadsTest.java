package dev.tlsproxy.acme.internal.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tlsproxy.acme.internal.life.LifeSettings.Limit;
import dev.tlsproxy.acme.internal.order.IssueException.Kind;
import dev.tlsproxy.spi.CertificateStore;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The manager on its real threads. */
class AcmeManagerThreadsTest {

    private static final LifeSettings UNHURRIED_BY_RATE = new LifeSettings(
            8, new Limit(10_000, Duration.ofSeconds(1)), Duration.ofMinutes(10), Duration.ofSeconds(1), Map.of());

    private final FakeIssuer issuer = new FakeIssuer("ca", Clock.systemUTC());
    private final CertificateStore store = CertificateStore.inMemory();
    private final Set<String> names = IntStream.range(0, 100)
            .mapToObj(number -> "host" + number + ".example.com")
            .collect(Collectors.toUnmodifiableSet());

    @Test
    void keepsToTheNumberOfOrdersInFlight() {
        AtomicInteger inFlight = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch eight = new CountDownLatch(8);
        issuer.rule = name -> {
            most.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
            eight.countDown();
            eight.await();
            inFlight.decrementAndGet();
        };
        FakeProxy proxy = new FakeProxy(store, names);
        try (AcmeManager manager = manager()) {
            manager.start(proxy);
            await().until(() -> proxy.served.size() == 100);
        }
        assertThat(most).hasValue(8);
        assertThat(issuer.orders).hasSize(100);
    }

    @Test
    void ordersThatHangAtTheirSecondTryLeaveRoomForOthers() {
        CountDownLatch never = new CountDownLatch(1);
        Set<String> bad = names.stream().filter(name -> name.length() == 17).collect(Collectors.toSet());
        FakeProxy first = new FakeProxy(store, bad);
        ManualTime time = new ManualTime(Clock.systemUTC().instant().minusSeconds(90));
        FakeIssuer refusing = new FakeIssuer("ca", time);
        refusing.rule = name -> {
            throw FakeIssuer.failure(Kind.NOT_VALIDATED, name + ": no such host");
        };
        new AcmeManager(List.of(refusing), time, new Random(1), time, UNHURRIED_BY_RATE).start(first);
        time.pass(Duration.ofSeconds(1));
        assertThat(refusing.orders).hasSameSizeAs(bad).hasSizeGreaterThan(8);

        issuer.rule = name -> {
            if (bad.contains(name)) {
                never.await();
            }
        };
        FakeProxy proxy = new FakeProxy(store, names);
        try (AcmeManager manager = manager()) {
            manager.start(proxy);
            await().until(() -> proxy.served.size() == 100 - bad.size());
        }
    }

    @Test
    void twoManagersOnOneStoreMakeOneOrderPerName() {
        LifeSettings eager = new LifeSettings(
                8, UNHURRIED_BY_RATE.ownRate(), Duration.ofMillis(1000), Duration.ofMillis(50), Map.of());
        FakeProxy one = new FakeProxy(store, names);
        FakeProxy other = new FakeProxy(store, names);
        issuer.rule = name -> {};
        try (AcmeManager first = manager(eager);
                AcmeManager second = manager(eager)) {
            first.start(one);
            second.start(other);
            await().atMost(Duration.ofSeconds(60)).until(() -> one.served.size() == 100 && other.served.size() == 100);
        }
        assertThat(issuer.orders).hasSize(100);
        assertThat(other.served).isEqualTo(one.served);
    }

    @Test
    void closeDuringAnOrderEndsItsThreadsSoonAndReleasesTheLock() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(8);
        issuer.rule = name -> {
            begun.countDown();
            never.await();
        };
        AcmeManager manager = manager();
        manager.start(new FakeProxy(store, names));
        begun.await();
        assertThat(threads()).isNotEmpty().allMatch(Thread::isDaemon);
        long start = System.nanoTime();
        manager.close();
        manager.close();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
        await().atMost(Duration.ofSeconds(1)).until(() -> threads().isEmpty());
        assertThat(issuer.closed).isTrue();
        for (FakeIssuer.Asked asked : issuer.orders) {
            assertThat(store.tryLock(NameRecords.lock(asked.name()))).isPresent();
        }
    }

    private static Set<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("tls-proxy-acme-"))
                .collect(Collectors.toSet());
    }

    private AcmeManager manager() {
        return manager(UNHURRIED_BY_RATE);
    }

    private AcmeManager manager(LifeSettings settings) {
        return new AcmeManager(List.of(issuer), Clock.systemUTC(), new Random(1), new DaemonThreads(), settings);
    }
}
