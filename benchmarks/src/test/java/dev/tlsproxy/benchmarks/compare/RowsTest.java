package dev.tlsproxy.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RowsTest {

    @Test
    void keepsTheTablesOrder() {
        assertThat(Rows.named(Set.of("h2", "new-pq"))).extracting(Row::key).containsExactly("new-pq", "h2");
        assertThat(Rows.named(Set.of()))
                .extracting(Row::key)
                .doesNotHaveDuplicates()
                .contains("storm", "hosts-100000");
    }

    @Test
    void refusesAnUnknownRow() {
        assertThatThrownBy(() -> Rows.named(Set.of("h3")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("--only: \"h3\" (expected: of [download, ");
    }

    @Test
    void readsTheCommandLine() {
        Options options = Options.parse("--only", "h2,new-pq", "--jar", "a.jar", "--jar", "b.jar", "--quick");
        assertThat(options.rows).containsExactly("h2", "new-pq");
        assertThat(options.runnableJars()).containsExactly(Path.of("a.jar"), Path.of("b.jar"));
        assertThat(options.rounds).isEqualTo(2);
        assertThatThrownBy(() -> Options.parse("--only"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("--only wants a value");
    }
}
