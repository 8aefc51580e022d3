package dev.tlsproxy.internal.listen;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.Xnio;
import org.xnio.XnioIoThread;
import org.xnio.XnioWorker;

/** A real I/O thread for tests of what waits for the end of its turn. */
final class TurnThread {

    private final XnioWorker worker;

    TurnThread() throws IOException {
        worker = Xnio.getInstance()
                .createWorker(OptionMap.create(Options.WORKER_IO_THREADS, 1, Options.THREAD_DAEMON, true));
    }

    XnioIoThread thread() {
        return worker.getIoThread();
    }

    /** Runs it as one turn: what it leaves to the end of the turn has run before the next call here. */
    void run(Work work) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        thread().execute(() -> {
            try {
                work.run();
                done.complete(null);
            } catch (Throwable failure) {
                done.completeExceptionally(failure);
            }
        });
        done.orTimeout(5, TimeUnit.SECONDS).join();
    }

    void stop() throws InterruptedException {
        worker.shutdownNow();
        assertThat(worker.awaitTermination(5, TimeUnit.SECONDS)).isTrue();
    }

    @FunctionalInterface
    interface Work {
        void run() throws IOException;
    }
}
