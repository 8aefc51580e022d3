package dev.tlsproxy.internal.tls;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.LoggerFactory;

/**
 * Repeats the handshake of the self-test in the background until the JVM has compiled it, so that the first clients
 * don't pay for that. Once per JVM, however many proxies it starts; a proxy listens meanwhile, and its clients warm the
 * same code. Ends by itself, and with the proxy.
 */
public final class TlsWarmUp implements AutoCloseable {

    /** After so many the rest of what is gained is small: the JVM compiles what was called some thousand times. */
    private static final int HANDSHAKES = 1000;

    /** On a machine that is too busy, its clients shall have the processor. */
    private static final Duration AT_MOST = Duration.ofSeconds(5);

    private static final long PATIENCE_SECONDS = 2;

    private static final AtomicInteger LEFT = new AtomicInteger(HANDSHAKES);

    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicInteger left;
    private volatile boolean closed;

    private TlsWarmUp(AtomicInteger left) {
        this.left = left;
    }

    /**
     * Begins, unless it was done in this JVM.
     *
     * @param test that has passed, whose handshake is repeated
     * @return ends it when closed
     */
    public static TlsWarmUp start(TlsSelfTest test) {
        return start(test.passed(), LEFT);
    }

    static TlsWarmUp start(Runnable handshake, AtomicInteger left) {
        TlsWarmUp warmUp = new TlsWarmUp(left);
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
        long start = System.nanoTime();
        try {
            while (!closed && left.getAndDecrement() > 0) {
                handshake.run();
                if (System.nanoTime() - start > AT_MOST.toNanos()) {
                    left.set(0);
                }
            }
        } catch (IllegalStateException e) {
            // The self-test has passed before; a client will show what is wrong.
            LoggerFactory.getLogger(TlsWarmUp.class).debug("warm-up ended early", e);
        } finally {
            ended.countDown();
        }
    }

    /** Waits for the end. Returns whether it came. */
    boolean await(Duration timeout) throws InterruptedException {
        return ended.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Ends it. Waits for the handshake at hand, at most two seconds. */
    @Override
    public void close() {
        closed = true;
        try {
            var unused = ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
