package dev.tlsproxy.websocket;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** Counts who holds a slot, and gives no more than there are. For all threads. */
final class Slots {

    private static final int IPV6_NETWORK_BYTES = 8;

    private final ConcurrentHashMap<Object, Integer> taken = new ConcurrentHashMap<>();

    /** The room for a tunnel. */
    interface Slot {
        /** Gives it back; harmless when repeated. */
        void giveBack();
    }

    /**
     * Takes a slot.
     *
     * @param holder equal for those who share a limit
     * @param max how many they may have
     * @return the slot, or null where they have all
     */
    @Nullable
    Slot take(Object holder, int max) {
        AtomicBoolean held = new AtomicBoolean();
        taken.compute(holder, (key, count) -> {
            int now = count == null ? 0 : count;
            held.set(now < max);
            return now < max ? Integer.valueOf(now + 1) : count;
        });
        if (!held.get()) {
            return null;
        }
        return () -> {
            if (held.compareAndSet(true, false)) {
                taken.compute(holder, (key, count) -> count == null || count == 1 ? null : count - 1);
            }
        };
    }

    /** What a client is counted by: one IPv6 client has a whole /64 network of addresses. */
    static String client(InetAddress address) {
        byte[] bytes = address.getAddress();
        return Arrays.toString(address instanceof Inet6Address ? Arrays.copyOf(bytes, IPV6_NETWORK_BYTES) : bytes);
    }
}
