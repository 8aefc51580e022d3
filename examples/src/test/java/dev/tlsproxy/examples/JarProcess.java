package dev.tlsproxy.examples;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The runnable jar as a process of its own. */
final class JarProcess implements AutoCloseable {

    private static final Pattern READY = Pattern.compile("ready https=(?<https>\\S+) http=(?<http>\\S+) ca=(?<ca>.+)");
    private static final int SECONDS = 30;

    private final Process process;
    private final Path err;
    private final BufferedReader out;
    private final List<String> lines = new ArrayList<>();

    private JarProcess(Process process, Path err) {
        this.process = process;
        this.err = err;
        this.out = process.inputReader(StandardCharsets.UTF_8);
    }

    static JarProcess start(List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-jar");
        command.add(System.getProperty("tlsproxy.jar"));
        command.addAll(arguments);
        Path err = Files.createTempFile("tls-proxy", ".err");
        return new JarProcess(
                new ProcessBuilder(command).redirectError(err.toFile()).start(), err);
    }

    /** Reads on to the ready line: https, http, ca. */
    Ready ready() throws IOException {
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            lines.add(line);
            Matcher matcher = READY.matcher(line);
            if (matcher.matches()) {
                return new Ready(matcher.group("https"), matcher.group("http"), matcher.group("ca"));
            }
        }
        throw new AssertionError("ended without a ready line; standard error: " + standardError());
    }

    /** Reads on to a line that begins with a text. */
    String lineOf(String start) throws IOException {
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            lines.add(line);
            if (line.startsWith(start)) {
                return line;
            }
        }
        throw new AssertionError("ended without a line that begins with " + start + ": " + lines);
    }

    /** Sends SIGTERM. Process.destroy would close the streams as well. */
    void terminate() {
        process.toHandle().destroy();
    }

    int exitCode() throws InterruptedException {
        if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("still runs after " + SECONDS + " s");
        }
        return process.exitValue();
    }

    /** All lines that were read and those that are left, once it ended. */
    List<String> standardOutput() throws IOException {
        out.lines().forEach(lines::add);
        return lines;
    }

    String standardError() throws IOException {
        return Files.readString(err);
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        Files.deleteIfExists(err);
    }

    record Ready(String https, String http, String ca) {

        int httpsPort() {
            return port(https);
        }

        int httpPort() {
            return port(http);
        }

        private static int port(String address) {
            return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
        }
    }
}
