package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A proxy prints nothing: no log of java.util.logging, no warning of the JVM. The log level of slf4j here is "warn", so there
 * is one line, about the upstream that speaks no HTTP.
 */
@Timeout(60)
class SilenceIT {

    @TempDir
    Path directory;

    @Test
    void wholeLifePrintsOneLineAboutEachBrokenUpstream() throws Exception {
        Path printed = directory.resolve("printed");
        Process program = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Djdk.net.hosts.file=" + System.getProperty("jdk.net.hosts.file"),
                        "-cp",
                        System.getProperty("java.class.path"),
                        SilentProgram.class.getName()))
                .redirectErrorStream(true)
                .redirectOutput(printed.toFile())
                .start();
        try {
            assertThat(program.waitFor(40, TimeUnit.SECONDS)).as("ended").isTrue();
            assertThat(Files.readAllLines(printed))
                    .satisfiesExactlyInAnyOrder(
                            line -> assertThat(line)
                                    .contains(
                                            "WARN dev.tlsproxy.internal.upstream.FaultLog - upstream http://127.0.0.1:")
                                    .endsWith(": malformed response: status line: no HTTP/1.1 or HTTP/1.0 response"),
                            line -> assertThat(line)
                                    .endsWith("WARN dev.tlsproxy.internal.upstream.HealthReport - upstream"
                                            + " http://127.0.0.1:1 is down: upstream refused the connection"));
            assertThat(program.exitValue()).isZero();
        } finally {
            program.destroyForcibly();
        }
    }
}
