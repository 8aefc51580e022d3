package dev.tlsproxy.acme.internal.life;

import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Daemon threads named {@code tls-proxy-acme-timer} and {@code tls-proxy-acme-NUMBER}. How many work at once is for who
 * hands out the work to limit; an idle one ends after ten seconds.
 */
public final class DaemonThreads implements Threads {

    private static final Logger LOG = LoggerFactory.getLogger(DaemonThreads.class);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final ScheduledThreadPoolExecutor timer;
    private final ExecutorService workers;

    /** Starts no thread yet. */
    public DaemonThreads() {
        timer = new ScheduledThreadPoolExecutor(1, daemon("tls-proxy-acme-timer"));
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        AtomicInteger number = new AtomicInteger();
        workers = new ThreadPoolExecutor(
                0,
                Integer.MAX_VALUE,
                10,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                task -> daemon("tls-proxy-acme-" + number.incrementAndGet()).newThread(task));
    }

    @Override
    public void after(Duration delay, Runnable task) {
        try {
            var unused = timer.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            LOG.trace("closed", e);
        }
    }

    @Override
    public void run(Runnable work) {
        workers.execute(work);
    }

    @Override
    public void interrupt() {
        timer.shutdownNow();
        workers.shutdownNow();
    }

    @Override
    public void close() {
        interrupt();
        boolean interrupted = Thread.interrupted();
        try {
            if (!timer.awaitTermination(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                    || !workers.awaitTermination(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn(
                        "close: work with a CA did not end within {} of being interrupted; its thread is a daemon",
                        PATIENCE);
            }
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static ThreadFactory daemon(String name) {
        return task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        };
    }
}
