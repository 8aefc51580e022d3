package dev.tlsproxy.websocket;

import dev.tlsproxy.spi.Tunnel;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** A tunnel in memory, with time that a test moves. */
final class FakeTunnel implements Tunnel {

    private record Task(long at, int order, Runnable what) {}

    private final Map<Side, ByteArrayOutputStream> sent = new EnumMap<>(Side.class);
    private final List<Task> tasks = new ArrayList<>();
    private final List<Side> ends = new ArrayList<>();
    private long now = -5;
    private int order;
    private boolean closed;

    FakeTunnel() {
        for (Side side : Side.values()) {
            sent.put(side, new ByteArrayOutputStream());
        }
    }

    @Override
    public void send(Side to, ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        if (!closed && !ends.contains(to)) {
            sent.get(to).writeBytes(copy);
        }
    }

    @Override
    public void end(Side to) {
        ends.add(to);
    }

    @Override
    public void close() {
        closed = true;
        tasks.clear();
    }

    @Override
    public Runnable after(Duration delay, Runnable what) {
        Task task = new Task(now + Math.max(0, delay.toNanos()), order++, what);
        tasks.add(task);
        return () -> tasks.remove(task);
    }

    @Override
    public long nanoTime() {
        return now;
    }

    void pass(Duration time) {
        long until = now + time.toNanos();
        while (true) {
            Task next = tasks.stream()
                    .filter(task -> task.at <= until)
                    .min(Comparator.comparingLong(Task::at).thenComparingInt(Task::order))
                    .orElse(null);
            if (next == null) {
                break;
            }
            tasks.remove(next);
            now = next.at;
            next.what.run();
        }
        now = until;
    }

    /** What was sent to a side since the last call, in hex. */
    String take(Side side) {
        String hex = HexFormat.of().formatHex(sent.get(side).toByteArray());
        sent.get(side).reset();
        return hex;
    }

    List<Side> ends() {
        return ends;
    }

    boolean closed() {
        return closed;
    }
}
