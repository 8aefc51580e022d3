package dev.tlsproxy.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;

/**
 * What this JVM holds.
 *
 * @param heap bytes of heap that survive a collection
 * @param direct bytes of direct buffers
 */
record Memory(long heap, long direct) {

    private static final long TOLERANCE = 8L * 1024 * 1024;

    /** Collects until no direct buffer is freed any more: the JVM frees them on a thread of its own, after a collection. */
    static Memory inUse() {
        AtomicLong last = new AtomicLong(Long.MAX_VALUE);
        Awaitility.await()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(100))
                .until(() -> {
                    System.gc();
                    long now = directNow();
                    return now >= last.getAndSet(now);
                });
        return new Memory(
                ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(), last.get());
    }

    private static long directNow() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }

    void assertNotGrownSince(Memory before) {
        assertThat(heap).as("heap after a collection").isLessThan(before.heap + TOLERANCE);
        assertThat(direct).as("direct buffers").isLessThan(before.direct + TOLERANCE);
    }
}
