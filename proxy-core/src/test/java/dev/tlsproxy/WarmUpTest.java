package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class WarmUpTest {

    private static final Duration LONG = Duration.ofSeconds(60);
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final WarmUp.Progress progress = new WarmUp.Progress();
    private final AtomicLong nanos = new AtomicLong();
    private final AtomicInteger opened = new AtomicInteger();
    private final AtomicInteger closed = new AtomicInteger();

    @Test
    void endsByItselfAndIsDoneOnceForAllProxies() throws Exception {
        AtomicInteger connections = new AtomicInteger();
        try (WarmUp first =
                WarmUp.begin(MINUTE, progress, () -> false, target(connections::incrementAndGet), nanos::get)) {
            assertThat(first.await(LONG)).isTrue();
            assertThat(connections.get()).isBetween(WarmUp.CONNECTIONS, WarmUp.CONNECTIONS + 3);
            assertThat(closed).hasValue(1);
        }

        try (WarmUp second =
                WarmUp.begin(MINUTE, progress, () -> false, target(connections::incrementAndGet), nanos::get)) {
            assertThat(second.await(Duration.ZERO)).isTrue();
            assertThat(opened).hasValue(1);
        }
    }

    @Test
    void endsWhenItsTimeIsOverWhichAllProxiesShare() throws Exception {
        WarmUp.Opening slow =
                target(() -> nanos.addAndGet(Duration.ofMillis(100).toNanos()));
        try (WarmUp first = WarmUp.begin(Duration.ofSeconds(1), progress, () -> false, slow, nanos::get)) {
            assertThat(first.await(LONG)).isTrue();
            assertThat(progress.connections()).isBetween(10, 13);
        }
        // 10 connections of 100 ms by four clients at once
        try (WarmUp second = WarmUp.begin(Duration.ofMillis(250), progress, () -> false, slow, nanos::get)) {
            assertThat(second.await(Duration.ZERO)).isTrue();
            assertThat(opened).hasValue(1);
        }
        try (WarmUp longer = WarmUp.begin(Duration.ofSeconds(30), progress, () -> false, slow, nanos::get)) {
            assertThat(longer.await(LONG)).isTrue();
            assertThat(progress.connections()).isGreaterThan(30);
        }
    }

    @Test
    void isDoneByOneProxyAtATime() throws Exception {
        try (WarmUp first = WarmUp.begin(MINUTE, progress, () -> false, target(() -> {}), nanos::get);
                WarmUp second = WarmUp.begin(MINUTE, progress, () -> false, target(() -> {}), nanos::get)) {
            assertThat(first.await(LONG)).isTrue();
            assertThat(second.await(LONG)).isTrue();
        }

        assertThat(opened).hasValue(1);
        assertThat(closed).hasValue(1);
    }

    @Test
    void doesNotEndForAClientThatOnlyHoldsAHandshake() throws Exception {
        AtomicInteger connections = new AtomicInteger();
        try (WarmUp warmUp = WarmUp.begin(
                Duration.ofSeconds(3), progress, () -> true, target(connections::incrementAndGet), System::nanoTime)) {
            assertThat(warmUp.await(LONG)).isTrue();
        }

        assertThat(connections.get()).isPositive();
    }

    @Test
    void isNotBegunWithoutTime() throws Exception {
        try (WarmUp none = WarmUp.begin(Duration.ZERO, progress, () -> false, target(() -> {}), nanos::get)) {
            assertThat(none.await(Duration.ZERO)).isTrue();
        }

        assertThat(opened).hasValue(0);
    }

    @Test
    void endsWithTheProxyAndLeavesTheRestToTheNext() throws Exception {
        WarmUp warmUp = WarmUp.begin(MINUTE, progress, () -> true, target(() -> {}), nanos::get);
        warmUp.close();

        assertThat(warmUp.await(Duration.ZERO)).as("cut short").isFalse();
        assertThat(progress.connections()).isZero();
        assertThat(closed).hasValue(opened.get());
        try (WarmUp next = WarmUp.begin(MINUTE, progress, () -> false, target(() -> {}), nanos::get)) {
            assertThat(next.await(LONG)).isTrue();
        }
        assertThat(progress.connections()).isGreaterThanOrEqualTo(WarmUp.CONNECTIONS);
    }

    @Test
    void letsClientsGoFirst() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        AtomicInteger askedBefore = new AtomicInteger();
        try (WarmUp warmUp = WarmUp.begin(
                MINUTE,
                progress,
                () -> asked.incrementAndGet() < 50,
                target(() -> askedBefore.compareAndSet(0, asked.get())),
                nanos::get)) {
            assertThat(warmUp.await(LONG)).isTrue();
        }

        assertThat(askedBefore.get()).isGreaterThanOrEqualTo(50);
    }

    @Test
    void endsInTimeWhereAClientIsAlwaysThere() throws Exception {
        AtomicBoolean connected = new AtomicBoolean();
        try (WarmUp warmUp = WarmUp.begin(
                Duration.ofSeconds(1),
                progress,
                () -> nanos.addAndGet(Duration.ofMillis(100).toNanos()) > 0,
                target(() -> connected.set(true)),
                nanos::get)) {
            assertThat(warmUp.await(LONG)).isTrue();
        }

        assertThat(connected).isFalse();
    }

    @Test
    void endsWhereTheTargetCannotBeOpenedOrFails() throws Exception {
        WarmUp.Opening none = () -> {
            throw new IOException("no loopback");
        };
        try (WarmUp warmUp = WarmUp.begin(MINUTE, progress, () -> false, none, nanos::get)) {
            assertThat(warmUp.await(LONG)).isTrue();
        }
        WarmUp.Opening failing = target(() -> {
            throw new IOException("refused");
        });
        try (WarmUp warmUp = WarmUp.begin(MINUTE, progress, () -> false, failing, nanos::get)) {
            assertThat(warmUp.await(LONG)).isTrue();
        }

        assertThat(closed).hasValue(1);
        assertThat(progress.connections()).isZero();
    }

    private interface Connecting {
        void connect() throws IOException;
    }

    private WarmUp.Opening target(Connecting connecting) {
        return () -> {
            opened.incrementAndGet();
            return new WarmUp.Target() {
                @Override
                public void connect() throws IOException {
                    connecting.connect();
                }

                @Override
                public void close() {
                    closed.incrementAndGet();
                }
            };
        };
    }
}
