package dev.tlsproxy.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;

/**
 * What this JVM holds.
 *
 * @param heap bytes of heap that survive a collection
 * @param direct bytes of direct buffers
 */
record Memory(long heap, long direct) {

    private static final long TOLERANCE = 8L * 1024 * 1024;

    static Memory inUse() {
        System.gc();
        System.gc(); // the second frees what the first one's cleaners let go
        long direct = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
        return new Memory(
                ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(), direct);
    }

    void assertNotGrownSince(Memory before) {
        assertThat(heap).as("heap after a collection").isLessThan(before.heap + TOLERANCE);
        assertThat(direct).as("direct buffers").isLessThan(before.direct + TOLERANCE);
    }
}
