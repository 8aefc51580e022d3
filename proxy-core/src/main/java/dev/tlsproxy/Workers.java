package dev.tlsproxy;

import dev.tlsproxy.internal.buffers.BufferPool;
import dev.tlsproxy.internal.tls.LibraryLogs;
import dev.tlsproxy.internal.tls.TlsSelfTest;
import io.undertow.connector.ByteBufferPool;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.Xnio;
import org.xnio.XnioWorker;

/** The threads and buffers of a proxy. */
final class Workers {

    /** Plaintext of one TLS record of at most 16 KiB (RFC 8446 section 5.1), so that a full buffer makes one record. */
    private static final int BUFFER_SIZE = 16 * 1024 - 20;

    /** 16 MB outside the heap. */
    private static final int MAX_POOLED = 1024;

    private static final Duration END = Duration.ofSeconds(5);
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private Workers() {}

    /**
     * Loads what {@link #create} needs. XNIO registers itself with the platform's MBean server, which takes the JVM a
     * tenth of a second to make.
     *
     * @return does it in the background
     */
    static Thread prepare() {
        return inBackground("prepare", Workers::loadXnio);
    }

    private static void loadXnio() {
        try {
            Xnio.getInstance(Workers.class.getClassLoader());
        } catch (IllegalArgumentException | LinkageError e) {
            // create(...) meets it again, on a thread that can tell
        }
    }

    /** Begins what a start waits for and no setting changes, with the libraries' own logs kept off the console. */
    static void prepareEarly() {
        var unused = inBackground("prepare", () -> {
            LibraryLogs.Silence silence = LibraryLogs.silence();
            try {
                TlsSelfTest test = TlsSelfTest.beginEarly(TlsPolicy.defaults().toConfig());
                loadXnio();
                test.close();
            } finally {
                silence.close();
            }
        });
    }

    /** I/O threads, and task threads for what blocks (name look-ups). All are daemons. */
    static XnioWorker create(int ioThreads) {
        OptionMap options = OptionMap.builder()
                .set(Options.WORKER_NAME, LibraryLogs.THREAD_PREFIX + "-" + NUMBER.incrementAndGet())
                .set(Options.WORKER_IO_THREADS, ioThreads)
                .set(Options.WORKER_TASK_CORE_THREADS, 1)
                .set(Options.WORKER_TASK_MAX_THREADS, 16)
                .set(Options.THREAD_DAEMON, true)
                .getMap();
        try {
            return Xnio.getInstance(Workers.class.getClassLoader()).createWorker(options);
        } catch (IOException e) {
            throw new ProxyStartException("I/O threads can't be started: " + e.getMessage(), e);
        }
    }

    /** Buffers for a proxy. */
    static ByteBufferPool buffers() {
        return new BufferPool(BUFFER_SIZE, MAX_POOLED);
    }

    /** Whether the caller is one of the threads of a proxy, which closing it would wait for. */
    static boolean isOwnThread() {
        return Thread.currentThread().getName().startsWith(LibraryLogs.THREAD_PREFIX);
    }

    /** Runs what a thread of a proxy must not wait for. */
    static Thread inBackground(String what, Runnable work) {
        Thread thread = new Thread(work, LibraryLogs.THREAD_PREFIX + "-" + what);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    static void end(XnioWorker worker) throws InterruptedException {
        worker.shutdownNow();
        worker.awaitTermination(END.toMillis(), TimeUnit.MILLISECONDS);
    }
}
