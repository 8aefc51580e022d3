package dev.tlsproxy.acme;

import dev.tlsproxy.acme.testing.Pebble;
import dev.tlsproxy.acme.testing.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** An {@link AcmeChild} that runs. */
final class ChildProcess implements AutoCloseable {

    private final Process process;
    private final Path log;
    private final int httpsPort;

    private ChildProcess(Process process, Path log, int httpsPort) {
        this.process = process;
        this.log = log;
        this.httpsPort = httpsPort;
    }

    /** Starts one on ports of its own; files go below the directory. */
    static ChildProcess start(
            Pebble pebble,
            AcmeSite site,
            DnsRelay relay,
            Path directory,
            Path store,
            int deadlyStep,
            List<String> names)
            throws IOException {
        Path log = Files.createTempFile(directory, "child-", ".log");
        int httpsPort = Ports.free();
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1", // many of them start, and none lives for long
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                AcmeChild.class.getName(),
                pebble.directory().toString(),
                AcmeSite.trustFile(pebble, directory).toString(),
                store.toString(),
                Integer.toString(httpsPort),
                Integer.toString(Ports.free()),
                site.uri(),
                relay.uri().toString(),
                Integer.toString(deadlyStep)));
        command.addAll(names);
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        return new ChildProcess(process, log, httpsPort);
    }

    int httpsPort() {
        return httpsPort;
    }

    void awaitReady(Duration atMost) {
        try {
            Awaitility.await().atMost(atMost).until(() -> {
                if (!process.isAlive()) {
                    throw new IllegalStateException("child ended with " + process.exitValue() + ":\n" + output());
                }
                return output().lines().anyMatch("ready"::equals);
            });
        } catch (ConditionTimeoutException e) {
            throw new AssertionError("child not ready after " + atMost + ":\n" + output(), e);
        }
    }

    /** Its exit code; 137 where SIGKILL ended it. */
    int awaitEnd(Duration atMost) throws InterruptedException {
        if (!process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new IllegalStateException("child still runs:\n" + output());
        }
        return process.exitValue();
    }

    /** The steps it told so far, in order. */
    List<String> steps() {
        return output().lines().filter(line -> line.startsWith("step ")).toList();
    }

    String output() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return "no output: " + e;
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
