package dev.tlsproxy.benchmarks.compare;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/**
 * A proxy that answers, and what the operating system says of its processes.
 *
 * @param process the first of them
 * @param port of 127.0.0.1, with TLS
 */
record RunningProxy(Process process, int port) implements AutoCloseable {

    /** CPU time of all its processes since their start, in microseconds. */
    long cpuMicros() {
        return sum("stat", ProcFiles::cpuMicros);
    }

    /** Memory of all its processes, pages they share counted once, in kilobytes. */
    long pssKilobytes() {
        return sum("smaps_rollup", ProcFiles::pssKilobytes);
    }

    private long sum(String file, ToLongFunction<String> reading) {
        return Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .mapToLong(handle -> reading.applyAsLong(read(handle.pid(), file)))
                .sum();
    }

    private static String read(long pid, String file) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(pid), file));
        } catch (IOException e) {
            throw new UncheckedIOException("a process of the proxy ended in the run", e);
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
