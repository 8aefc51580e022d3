package dev.tlsproxy.acme.internal.life;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.PriorityQueue;

/** A wall clock and a timer that only a test moves; work runs at once, in the test's thread. */
final class ManualTime extends Clock implements Threads {

    private record Task(long at, long order, Runnable run) {}

    private final PriorityQueue<Task> tasks =
            new PriorityQueue<>(Comparator.comparingLong(Task::at).thenComparingLong(Task::order));
    private Instant wall;
    private long uptime;
    private long order;
    private boolean closed;

    ManualTime(Instant start) {
        wall = start;
    }

    /** Both the clock and the timer go on. */
    void pass(Duration time) {
        long end = uptime + time.toMillis();
        while (!tasks.isEmpty() && tasks.element().at() <= end) {
            Task task = tasks.remove();
            move(Math.max(uptime, task.at()));
            task.run().run();
        }
        move(end);
    }

    /** The machine sleeps, or someone sets the clock: the timer notices nothing. */
    void jump(Duration time) {
        wall = wall.plus(time);
    }

    /** A manager's threads that die with it, as in a crash; the clock goes on. */
    Threads mortal() {
        return new Threads() {
            private boolean dead;

            @Override
            public void after(Duration delay, Runnable task) {
                ManualTime.this.after(delay, () -> {
                    if (!dead) {
                        task.run();
                    }
                });
            }

            @Override
            public void run(Runnable work) {
                work.run();
            }

            @Override
            public void interrupt() {
                dead = true;
            }

            @Override
            public void close() {
                dead = true;
            }
        };
    }

    @Override
    public void after(Duration delay, Runnable task) {
        if (!closed) {
            tasks.add(new Task(uptime + delay.toMillis(), order++, task));
        }
    }

    @Override
    public void run(Runnable work) {
        work.run();
    }

    @Override
    public void interrupt() {
        closed = true;
        tasks.clear();
    }

    @Override
    public void close() {
        interrupt();
    }

    @Override
    public Instant instant() {
        return wall;
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        return this;
    }

    private void move(long to) {
        wall = wall.plusMillis(to - uptime);
        uptime = to;
    }
}
