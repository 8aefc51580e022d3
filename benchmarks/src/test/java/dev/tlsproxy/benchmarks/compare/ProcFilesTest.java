package dev.tlsproxy.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class ProcFilesTest {

    @Test
    void addsUserAndSystemTime() {
        String stat =
                "24445 (nginx: worker (1)) S 24440 24440 1 0 -1 4194624 1210 0 0 0 312 98 0 0 20 0 1 0 2510 12345 678 0";
        assertThat(ProcFiles.cpuMicros(stat)).isEqualTo(4_100_000);
    }

    @Test
    void takesTheWholePss() {
        String rollup = """
                55d0c0a00000-7ffd5a1f3000 ---p 00000000 00:00 0                          [rollup]
                Rss:              362564 kB
                Pss:              355210 kB
                Pss_Dirty:        340000 kB
                Pss_Anon:         339000 kB
                """;
        assertThat(ProcFiles.pssKilobytes(rollup)).isEqualTo(355_210);
        assertThatThrownBy(() -> ProcFiles.pssKilobytes("Rss: 1 kB\n"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no Pss line");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void readsThoseOfThisProcess() throws IOException {
        assertThat(ProcFiles.cpuMicros(Files.readString(Path.of("/proc/self/stat"))))
                .isPositive();
        assertThat(ProcFiles.pssKilobytes(Files.readString(Path.of("/proc/self/smaps_rollup"))))
                .isGreaterThan(10_000);
    }
}
