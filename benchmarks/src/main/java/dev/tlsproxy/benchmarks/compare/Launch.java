package dev.tlsproxy.benchmarks.compare;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Starts proxies and waits for them. */
final class Launch {

    /** The core of upstream and load; benchmarks/compare pins this JVM and with it all tools to the same. */
    static final String LOAD_CORE = "1";

    private static final String PROXY_CORE = "0";
    private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(5);

    private Launch() {}

    static String cores(boolean pinned) {
        return pinned ? PROXY_CORE : PROXY_CORE + "," + LOAD_CORE;
    }

    /** A port that was free a moment ago. */
    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Starts a command and waits until its port takes connections.
     *
     * @param command without the pinning
     * @param cores for taskset
     * @param port of 127.0.0.1
     * @param log where both its outputs go
     */
    static RunningProxy start(List<String> command, String cores, int port, Path log) {
        List<String> pinned = new ArrayList<>(List.of("taskset", "-c", cores));
        pinned.addAll(command);
        try {
            Process process = new ProcessBuilder(pinned)
                    .redirectErrorStream(true)
                    .redirectInput(new File("/dev/null"))
                    .redirectOutput(log.toFile())
                    .start();
            awaitPort(process, port, log);
            return new RunningProxy(process, port);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until a log has a line that begins so. */
    static void awaitLine(Path log, String begin) {
        long until = System.nanoTime() + PATIENCE_NANOS;
        try {
            while (Files.readAllLines(log).stream().noneMatch(line -> line.startsWith(begin))) {
                if (System.nanoTime() - until > 0) {
                    throw new IllegalStateException("no line \"" + begin + "\" in " + log);
                }
                pause(50);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void awaitPort(Process process, int port, Path log) throws IOException {
        long until = System.nanoTime() + PATIENCE_NANOS;
        while (!connects(port)) {
            if (!process.isAlive() || System.nanoTime() - until > 0) {
                process.destroyForcibly();
                throw new IllegalStateException("not listening on " + port + ": " + Files.readString(log));
            }
            // more often would take the second core from a proxy that starts on both
            pause(5);
        }
    }

    private static boolean connects(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
