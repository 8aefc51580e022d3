package dev.tlsproxy.acme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the programs of this test are shell scripts")
class ProgramSolverTest {

    private static final String NAME = "_acme-challenge.example.com";

    @TempDir
    Path directory;

    @Test
    void callsTheProgramWithActionRecordAndValue() throws Exception {
        Path calls = directory.resolve("calls");
        ProgramSolver solver = solver("printf '%s|' \"$@\" >> " + calls + "; echo >> " + calls);

        solver.present(NAME, "-value; $(touch " + directory.resolve("shell") + ")");
        solver.await(NAME, "value", Duration.ofSeconds(1));
        solver.cleanUp(NAME, "value");

        assertThat(calls)
                .hasContent("present|" + NAME + "|-value; $(touch " + directory.resolve("shell") + ")|\n" + "cleanup|"
                        + NAME + "|value|\n");
        assertThat(directory.resolve("shell")).doesNotExist();
    }

    @Test
    void failureTellsWhatTheProgramPrinted() throws Exception {
        ProgramSolver solver = solver("echo trying; echo 'no such\tzone' >&2; exit 3");

        assertThatIOException()
                .isThrownBy(() -> solver.present(NAME, "value"))
                .withMessage(program() + " present " + NAME
                        + " ended with 3 (expected: 0); it printed: trying no such zone");
    }

    @Test
    void muchOutputNeitherBlocksTheProgramNorFillsTheMessage() throws Exception {
        ProgramSolver solver = solver("i=0; while [ $i -lt 5000 ]; do echo 0123456789012345678901234567890123456789;"
                + " i=$((i+1)); done; echo end; exit 1");

        assertThatIOException()
                .isThrownBy(() -> solver.cleanUp(NAME, "value"))
                .satisfies(e -> assertThat(e).message().endsWith(" end").hasSizeLessThan(1300));
    }

    @Test
    void inputIsEmpty() throws Exception {
        solver("if read line; then exit 1; fi").present(NAME, "value");
    }

    @Test
    void programThatDoesNotEndIsKilledWithItsChildren() throws Exception {
        Path pid = directory.resolve("pid");
        ProgramSolver solver =
                solver("sleep 1000 & echo $! > " + pid + "; echo waiting; wait").limit(Duration.ofSeconds(2));

        assertThatIOException()
                .isThrownBy(() -> solver.present(NAME, "value"))
                .withMessage(program() + " present " + NAME + " did not end within 2 s; it printed: waiting");
        assertEnds(pid);
    }

    @Test
    void interruptKillsTheProgram() throws Exception {
        Path pid = directory.resolve("pid");
        ProgramSolver solver = solver("echo $$ > " + pid + ".part; mv " + pid + ".part " + pid + "; exec sleep 1000");
        Throwable[] thrown = new Throwable[1];
        Thread caller = new Thread(() -> {
            try {
                solver.present(NAME, "value");
            } catch (IOException | InterruptedException e) {
                thrown[0] = e;
            }
        });
        caller.start();
        Awaitility.await().until(() -> Files.exists(pid));

        caller.interrupt();
        caller.join(10_000);

        assertThat(thrown[0]).isInstanceOf(InterruptedException.class);
        assertEnds(pid);
    }

    @Test
    void programThatCannotBeExecuted() throws Exception {
        Path text = Files.writeString(directory.resolve("text"), "no program");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ProgramSolver.of(text))
                .withMessage("program " + text + " can't be executed (expected: a file with execute permission)");
        assertThatThrownBy(() -> ProgramSolver.of(directory)).isInstanceOf(IllegalArgumentException.class);
    }

    private ProgramSolver solver(String script) throws IOException {
        Files.writeString(program(), "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(program(), PosixFilePermissions.fromString("rwx------"));
        return ProgramSolver.of(program());
    }

    private Path program() {
        return directory.resolve("dns-program");
    }

    private static void assertEnds(Path pidFile) throws IOException {
        long pid = Long.parseLong(Files.readString(pidFile).strip());
        Awaitility.await().until(() -> {
            // a zombie that init has not buried yet is dead too
            Path stat = Path.of("/proc", Long.toString(pid), "stat");
            return ProcessHandle.of(pid).isEmpty()
                    || Files.exists(stat)
                            && List.of(Files.readString(stat).split(" ")).get(2).equals("Z");
        });
    }
}
