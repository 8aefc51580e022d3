package dev.tlsproxy.tests.peer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** A real peer that runs. Its output goes to a file, its input is open and empty; closing it ends it and its children, and nothing else. */
public final class PeerProcess implements AutoCloseable {

    private static final Duration END = Duration.ofSeconds(5);

    private final String name;
    private final Process process;
    private final Path output;

    private PeerProcess(String name, Process process, Path output) {
        this.name = name;
        this.process = process;
        this.output = output;
    }

    static PeerProcess start(List<String> command, Path directory, Map<String, String> environment) {
        try {
            Path output = Files.createTempFile(directory, "output-", ".txt");
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile());
            // a proxy of the machine's own would stand between the peer and the proxy under test
            builder.environment()
                    .keySet()
                    .removeIf(key -> key.toLowerCase(Locale.ROOT).endsWith("_proxy"));
            builder.environment().putAll(environment);
            return new PeerProcess(String.join(" ", command), builder.start(), output);
        } catch (IOException e) {
            throw new PeerFailure("can't start " + command, e);
        }
    }

    /** Waits until a probe succeeds; fails when the program ends before, or the time is over. */
    public PeerProcess awaitReady(Duration atMost, BooleanSupplier probe) {
        try {
            Awaitility.await()
                    .pollInterval(Duration.ofMillis(50))
                    .atMost(atMost)
                    .until(() -> !process.isAlive() || probe.getAsBoolean());
        } catch (ConditionTimeoutException e) {
            throw new PeerFailure(name + " is not ready after " + atMost + ":\n" + output(), e);
        }
        if (!process.isAlive()) {
            throw new PeerFailure(name + " ended with " + process.exitValue() + " before it was ready:\n" + output());
        }
        return this;
    }

    /** Waits for the end of the program; fails when the time is over. */
    public Result awaitEnd(Duration atMost) {
        try {
            if (!process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new PeerFailure(name + " still runs after " + atMost + ":\n" + output());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PeerFailure("interrupted while " + name + " runs", e);
        }
        return new Result(process.exitValue(), output());
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** What the program wrote so far, to both streams. */
    public String output() {
        try {
            return Files.readString(output, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        // children first looked up, then ended: a launcher's child outlives it otherwise
        List<ProcessHandle> family = Stream.concat(process.descendants(), Stream.of(process.toHandle()))
                .toList();
        family.forEach(ProcessHandle::destroy);
        try {
            process.waitFor(END.toMillis(), TimeUnit.MILLISECONDS);
            Awaitility.await().atMost(END).until(() -> family.stream().noneMatch(ProcessHandle::isAlive));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ConditionTimeoutException e) {
            // ended the hard way below
        }
        family.forEach(ProcessHandle::destroyForcibly);
    }

    static void delete(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * How a program ended.
     *
     * @param exit its exit code
     * @param output what it wrote to both streams, one char per byte
     */
    public record Result(int exit, String output) {}
}
