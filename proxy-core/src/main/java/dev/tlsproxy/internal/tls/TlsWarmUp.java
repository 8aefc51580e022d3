package dev.tlsproxy.internal.tls;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.slf4j.LoggerFactory;

/**
 * Repeats the handshake of the self-test in the background until the JVM has compiled it, so that the first clients
 * don't pay for that. Once per JVM, however many proxies it starts; a proxy listens meanwhile, and its clients warm the
 * same code, and come first. Ends by itself, and with the proxy.
 */
public final class TlsWarmUp implements AutoCloseable {

    /** After so many the rest of what is gained is small: the JVM compiles what was called some thousand times. */
    private static final int HANDSHAKES = 1000;

    /** On a machine that is too busy, its clients shall have the processor. */
    private static final Duration AT_MOST = Duration.ofSeconds(5);

    private static final long PATIENCE_SECONDS = 2;

    /** How long clients come first before each handshake; longer would let one that says nothing end the warm-up. */
    private static final int MOST_PAUSES = 25;

    private static final long PAUSE_MILLIS = 2;

    /** For clients that waited for the start: the JVM loads and compiles for the first of them beside it. */
    private static final long HEAD_START_MILLIS = 200;

    private static final AtomicInteger LEFT = new AtomicInteger(HANDSHAKES);

    private final CountDownLatch ended = new CountDownLatch(1);
    private final CountDownLatch closed = new CountDownLatch(1);
    private final BooleanSupplier clients;
    private final AtomicInteger left;

    private TlsWarmUp(BooleanSupplier clients, AtomicInteger left) {
        this.clients = clients;
        this.left = left;
    }

    /**
     * Begins, unless it was done in this JVM.
     *
     * @param test that has passed, whose handshake is repeated
     * @param clients whether clients have something under way at the moment
     * @return ends it when closed
     */
    public static TlsWarmUp start(TlsSelfTest test, BooleanSupplier clients) {
        return start(test.passed(), clients, LEFT);
    }

    static TlsWarmUp start(Runnable handshake, BooleanSupplier clients, AtomicInteger left) {
        TlsWarmUp warmUp = new TlsWarmUp(clients, left);
        if (left.get() <= 0) {
            warmUp.ended.countDown();
            return warmUp;
        }
        // The prefix keeps the library's own logs of these handshakes off the program's console.
        Thread thread = new Thread(() -> warmUp.run(handshake), LibraryLogs.THREAD_PREFIX + "-warm-up");
        thread.setDaemon(true);
        thread.start();
        return warmUp;
    }

    private void run(Runnable handshake) {
        try {
            if (closed.await(HEAD_START_MILLIS, TimeUnit.MILLISECONDS)) {
                return;
            }
            long start = System.nanoTime();
            while (goesOn() && left.getAndDecrement() > 0) {
                handshake.run();
                if (System.nanoTime() - start > AT_MOST.toNanos()) {
                    left.set(0);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IllegalStateException e) {
            // The self-test has passed before; a client will show what is wrong.
            LoggerFactory.getLogger(TlsWarmUp.class).debug("warm-up ended early", e);
        } finally {
            ended.countDown();
        }
    }

    /** Lets clients go first for a moment. Returns whether to go on. */
    private boolean goesOn() throws InterruptedException {
        for (int i = 0; i < MOST_PAUSES && clients.getAsBoolean(); i++) {
            if (closed.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
                return false;
            }
        }
        return closed.getCount() > 0;
    }

    /** Waits for the end. Returns whether it came. */
    boolean await(Duration timeout) throws InterruptedException {
        return ended.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Ends it. Waits for the handshake at hand, at most two seconds. */
    @Override
    public void close() {
        closed.countDown();
        try {
            var unused = ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
