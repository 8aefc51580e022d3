package dev.tlsproxy.acme;

import dev.tlsproxy.acme.spi.ChallengeSolver;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * dns-01 by a program of the user's, for DNS services with an API of their own. It is called
 *
 * <pre>{@code PROGRAM present _acme-challenge.example.com VALUE
 * PROGRAM cleanup _acme-challenge.example.com VALUE}</pre>
 *
 * <p>without a shell, and must
 *
 * <ul>
 *   <li>end within 60 s with exit code 0; it and the programs it started are killed then, and when the proxy closes;
 *   <li>on {@code present}, add a TXT record beside others of that name, and end only when the authoritative servers give
 *       it out;
 *   <li>on {@code cleanup}, take away that one record, and end with 0 also where it is not there;
 *   <li>bear to run several times at once.
 * </ul>
 *
 * <p>Its environment and working directory are those of the JVM, so a token for the service may come in a variable; its
 * input is empty. What it prints, to both streams, is part of the failure's message, up to 1000 characters of its end:
 * so it must print no secret. Immutable; safe for use by several threads.
 */
public final class ProgramSolver implements ChallengeSolver {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Path program;
    private final Duration limit;

    private ProgramSolver(Path program, Duration limit) {
        this.program = program;
        this.limit = limit;
    }

    /**
     * A solver that calls a program.
     *
     * @param program the program's file
     * @return the solver
     * @throws IllegalArgumentException when it is no file that may be executed
     */
    public static ProgramSolver of(Path program) {
        Objects.requireNonNull(program, "program");
        if (!Files.isRegularFile(program) || !Files.isExecutable(program)) {
            throw new IllegalArgumentException(
                    "program " + program + " can't be executed (expected: a file with execute permission)");
        }
        return new ProgramSolver(program.toAbsolutePath(), LIMIT);
    }

    /** For tests: less time. */
    ProgramSolver limit(Duration other) {
        return new ProgramSolver(program, other);
    }

    @Override
    public void present(String recordName, String value) throws IOException, InterruptedException {
        run("present", recordName, value);
    }

    @Override
    public void cleanUp(String recordName, String value) throws IOException, InterruptedException {
        run("cleanup", recordName, value);
    }

    private void run(String action, String recordName, String value) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(List.of(program.toString(), action, recordName, value))
                .redirectErrorStream(true)
                .start();
        Output output = new Output(process.getInputStream());
        try {
            process.getOutputStream().close();
            output.start();
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                kill(process);
                throw failure(action, recordName, "did not end within " + limit.toSeconds() + " s", output);
            }
            if (process.exitValue() != 0) {
                throw failure(action, recordName, "ended with " + process.exitValue() + " (expected: 0)", output);
            }
        } finally {
            kill(process);
            output.close();
        }
    }

    private IOException failure(String action, String recordName, String what, Output output)
            throws InterruptedException {
        return new IOException(
                program + " " + action + " " + recordName + " " + what + "; it printed: " + output.end());
    }

    /** Children first looked up, then killed: they would outlive it otherwise. Kills nothing where it has ended. */
    private static void kill(Process process) {
        if (process.isAlive()) {
            List<ProcessHandle> family = Stream.concat(process.descendants(), Stream.of(process.toHandle()))
                    .toList();
            family.forEach(ProcessHandle::destroyForcibly);
        }
    }

    /** The program's file. */
    @Override
    public String toString() {
        return "ProgramSolver[" + program + "]";
    }

    /** Reads all the program prints, so that it never waits for us, and keeps the end. */
    private static final class Output extends Thread {

        private static final int KEPT = 1000;
        private static final Duration LATE = Duration.ofSeconds(1);

        private final InputStream in;
        private final StringBuilder kept = new StringBuilder();

        Output(InputStream in) {
            super("acme-program-output");
            this.in = in;
            setDaemon(true);
        }

        @Override
        public void run() {
            byte[] buffer = new byte[4096];
            try {
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    keep(new String(buffer, 0, n, StandardCharsets.UTF_8));
                }
            } catch (IOException e) {
                keep(""); // closed by us, because the program is over
            }
        }

        private synchronized void keep(String text) {
            kept.append(text);
            kept.delete(0, Math.max(0, kept.length() - KEPT));
        }

        /** What was printed at the end, in one line; a child of the program may hold the stream open, so not for long. */
        String end() throws InterruptedException {
            join(LATE.toMillis());
            synchronized (this) {
                String line =
                        kept.toString().replaceAll("[\\p{Cntrl}\\s]+", " ").strip();
                return line.isEmpty() ? "nothing" : line;
            }
        }

        void close() throws IOException {
            in.close();
        }
    }
}
