package dev.tlsproxy.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collection;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

class BenchmarksTest {

    @Test
    void eachRunsOnce() throws RunnerException {
        Collection<RunResult> results = new Runner(new OptionsBuilder()
                        .include("dev\\.tlsproxy\\.internal\\..*Benchmark\\..*")
                        .param("certificates", "1")
                        .param("routes", "1")
                        .forks(0)
                        .warmupIterations(0)
                        .measurementIterations(1)
                        .measurementTime(TimeValue.milliseconds(1))
                        .shouldFailOnError(true)
                        .verbosity(VerboseMode.SILENT)
                        .build())
                .run();
        assertThat(results)
                .extracting(result ->
                        result.getParams().getBenchmark().replaceAll("^.*\\.(\\w+)Benchmark\\.(\\w+)$", "$1 $2"))
                .contains("Handshake serverFlight", "Handshake bothSides", "Record protect", "CertificateTable exact")
                .contains("RouteTable exact", "HeaderRules announce");
    }
}
