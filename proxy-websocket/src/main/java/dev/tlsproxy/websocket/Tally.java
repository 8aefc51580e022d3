package dev.tlsproxy.websocket;

import dev.tlsproxy.spi.Tunnel.Side;
import dev.tlsproxy.websocket.WebSocketCounts.Traffic;
import java.util.concurrent.atomic.LongAdder;

/** Counts tunnels and what passes, for a policy or a budget. */
final class Tally {

    private final LongAdder opened = new LongAdder();
    private final LongAdder closed = new LongAdder();
    private final LongAdder clientMessages = new LongAdder();
    private final LongAdder clientBytes = new LongAdder();
    private final LongAdder upstreamMessages = new LongAdder();
    private final LongAdder upstreamBytes = new LongAdder();

    void opened() {
        opened.increment();
    }

    void closed() {
        closed.increment();
    }

    void data(Side from, int bytes, boolean messageEnded) {
        (from == Side.CLIENT ? clientBytes : upstreamBytes).add(bytes);
        if (messageEnded) {
            (from == Side.CLIENT ? clientMessages : upstreamMessages).increment();
        }
    }

    WebSocketCounts counts() {
        long ends = closed.sum();
        long begins = opened.sum();
        return new WebSocketCounts(
                Math.max(0, begins - ends),
                begins,
                new Traffic(clientMessages.sum(), clientBytes.sum()),
                new Traffic(upstreamMessages.sum(), upstreamBytes.sum()));
    }
}
