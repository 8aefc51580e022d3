package dev.tlsproxy.benchmarks.compare;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * The Debian 13 root that {@code benchmarks/peers} made.
 *
 * @param root its directory, seen from here
 */
record Peers(Path root) {

    /** Where the comparison's files are, seen from inside. */
    static final String INSIDE = "/bench";

    Peers {
        if (!Files.exists(root.resolve(".ready"))) {
            throw new IllegalArgumentException(
                    "--peers: " + root + " (expected: a root set up by benchmarks/peers, which leaves .ready in it)");
        }
    }

    /** The directory of the comparison's files, seen from here. */
    Path work() {
        return root.resolve(INSIDE.substring(1));
    }

    /** Writes a file that programs inside find as {@code /bench/NAME}. */
    String write(String name, String text) {
        try {
            Files.createDirectories(work());
            Files.writeString(work().resolve(name), text);
            return INSIDE + "/" + name;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A command that runs inside. */
    List<String> command(String... words) {
        List<String> command = new ArrayList<>(List.of("chroot", root.toString()));
        Collections.addAll(command, words);
        return command;
    }

    /** Runs inside to its end, on the core of this JVM. Returns what it printed, errors too. */
    String run(List<String> words, Map<String, String> environment) {
        ProcessBuilder builder = new ProcessBuilder(command(words.toArray(String[]::new)))
                .redirectErrorStream(true)
                .redirectInput(new java.io.File("/dev/null"));
        builder.environment().putAll(environment);
        try {
            Process process = builder.start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int status = process.waitFor();
            if (status != 0) {
                throw new IllegalStateException(words + " ended with " + status + ": " + output);
            }
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
