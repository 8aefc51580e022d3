package dev.tlsproxy.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class FiguresTest {

    @Test
    void takesTheRatioWithinARoundAndThenTheMiddleOne() {
        Figures figures = new Figures();
        double[][] rounds = {{10, 15}, {40, 60}, {10, 90}};
        for (double[] round : rounds) {
            figures.add("nginx", round[0]);
            figures.add("ours", round[1]);
        }
        assertThat(figures.median("ours")).isEqualTo(60);
        assertThat(figures.medianRatio("ours", "nginx")).isEqualTo(1.5);
        assertThat(Figures.medianOf(List.of(4.0, 1.0, 2.0, 3.0))).isEqualTo(2.5);
    }

    @Test
    void writesEachValueWithItsRatioToNginx() {
        Figures figures = new Figures();
        figures.add("nginx", 40);
        figures.add("HAProxy", 120);
        Row row = new CpuRow("a", "a unit", 1, (peers, port, seconds) -> 0);
        assertThat(Table.line(row, List.of(new Nginx(), new HaProxy(), new Caddy()), figures))
                .isEqualTo("| a unit | 40.0 | 120 (**3.00**) | – |");
    }
}
