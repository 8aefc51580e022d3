package dev.tlsproxy;

import dev.tlsproxy.internal.tls.LibraryLogs;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.slf4j.LoggerFactory;

/**
 * Makes connections to a {@link WarmUpProxy} in the background until the JVM has compiled what serves them, so that the
 * first clients don't pay for that. Once per JVM, however many proxies it starts; a proxy listens meanwhile, and its
 * clients warm the same code, and come first. Ends by itself, and with the proxy.
 */
final class WarmUp implements AutoCloseable {

    /** The JVM compiles for good what was called 5,000 times; much is called once for each connection. */
    static final int CONNECTIONS = 6_000;

    /** More than one, for what happens only where connections meet: turns, and a second connection to an upstream. */
    private static final int CLIENTS = 4;

    private static final long PAUSE_MILLIS = 2;

    /** A second, then a connection is made all the same: a client that says nothing shall not hold it for ever. */
    private static final int MOST_PAUSES = 500;

    /** For clients that waited for the start: the JVM loads and compiles for the first of them beside it. */
    private static final long HEAD_START_MILLIS = 200;

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Duration atMost;
    private final Progress progress;
    private final BooleanSupplier clients;
    private final LongSupplier nanos;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final CountDownLatch closed = new CountDownLatch(1);

    /** Something to make connections to. */
    interface Target extends AutoCloseable {

        /** Makes one connection, from the handshake to its close. For any thread. */
        void connect() throws IOException;

        @Override
        void close();
    }

    /** Opens the target. */
    interface Opening {
        Target open() throws IOException;
    }

    /** What was done of it, by all proxies together. Thread-safe. */
    static final class Progress {

        private static final Progress OF_THIS_JVM = new Progress();

        private final Semaphore turn = new Semaphore(1);
        private final AtomicInteger connections = new AtomicInteger();
        private final AtomicLong nanos = new AtomicLong();

        int connections() {
            return connections.get();
        }

        private boolean isOver(Duration atMost) {
            return connections.get() >= CONNECTIONS || nanos.get() >= atMost.toNanos();
        }
    }

    private WarmUp(Duration atMost, Progress progress, BooleanSupplier clients, LongSupplier nanos) {
        this.atMost = atMost;
        this.progress = progress;
        this.clients = clients;
        this.nanos = nanos;
    }

    /**
     * Begins, unless it was done in this JVM.
     *
     * @param atMost how long it may take, and all in this JVM together without the time they stood still for clients
     * @param clients whether clients have something under way at the moment
     * @return ends it when closed
     */
    static WarmUp begin(Duration atMost, BooleanSupplier clients) {
        return begin(atMost, Progress.OF_THIS_JVM, clients, WarmUpProxy::open, System::nanoTime);
    }

    static WarmUp begin(
            Duration atMost, Progress progress, BooleanSupplier clients, Opening opening, LongSupplier nanos) {
        WarmUp warmUp = new WarmUp(atMost, progress, clients, nanos);
        if (progress.isOver(atMost)) {
            warmUp.ended.countDown();
        } else {
            Workers.inBackground("warm-up", () -> warmUp.run(opening));
        }
        return warmUp;
    }

    private void run(Opening opening) {
        long start = nanos.getAsLong();
        try {
            if (!closed.await(HEAD_START_MILLIS, TimeUnit.MILLISECONDS) && takesTurn()) {
                try {
                    connect(opening, start);
                } finally {
                    progress.turn.release();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            ended.countDown();
        }
    }

    /** Waits for another proxy's warm-up, whose work counts for this one. */
    private boolean takesTurn() throws InterruptedException {
        while (!progress.turn.tryAcquire()) {
            if (closed.await(HEAD_START_MILLIS, TimeUnit.MILLISECONDS)) {
                return false;
            }
        }
        return true;
    }

    private void connect(Opening opening, long start) throws InterruptedException {
        if (progress.isOver(atMost)) {
            return;
        }
        // The private proxy's own threads are silenced by its start; this thread's name does it for the clients.
        LibraryLogs.Silence silence = LibraryLogs.silence();
        try (Target target = opened(opening)) {
            List<Thread> others = new ArrayList<>();
            for (int i = 1; i < CLIENTS; i++) {
                others.add(Workers.inBackground("warm-up", () -> connect(target, start)));
            }
            connect(target, start);
            for (Thread other : others) {
                other.join();
            }
        } catch (IOException | RuntimeException e) {
            endedEarly(e);
        } finally {
            silence.close();
        }
    }

    private Target opened(Opening opening) throws IOException {
        long before = nanos.getAsLong();
        Target target = opening.open();
        progress.nanos.addAndGet(nanos.getAsLong() - before);
        return target;
    }

    private void connect(Target target, long start) {
        try {
            while (goesOn(start)) {
                long before = nanos.getAsLong();
                target.connect();
                progress.nanos.addAndGet((nanos.getAsLong() - before) / CLIENTS);
                progress.connections.incrementAndGet();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | RuntimeException e) {
            endedEarly(e);
        }
    }

    /** Lets clients go first: they warm the same code. Returns whether to go on. */
    private boolean goesOn(long start) throws InterruptedException {
        for (int i = 0; !isOver(start); i++) {
            if (i == MOST_PAUSES || !clients.getAsBoolean()) {
                return true;
            }
            var unused = closed.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        }
        return false;
    }

    private boolean isOver(long start) {
        return closed.getCount() == 0 || progress.isOver(atMost) || nanos.getAsLong() - start >= atMost.toNanos();
    }

    /** Nothing is lost but speed; what is really wrong, a client will show. */
    private static void endedEarly(Exception e) {
        LoggerFactory.getLogger(WarmUp.class).debug("warm-up ended early", e);
    }

    /** Waits for the end. Returns whether it came, by itself. */
    boolean await(Duration timeout) throws InterruptedException {
        return ended.await(TimeUnit.NANOSECONDS.convert(timeout), TimeUnit.NANOSECONDS) && closed.getCount() > 0;
    }

    /** Ends it. Waits for what is at hand, at most 30 seconds: it may be just opening its proxy. */
    @Override
    public void close() {
        closed.countDown();
        try {
            var unused = ended.await(PATIENCE.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
