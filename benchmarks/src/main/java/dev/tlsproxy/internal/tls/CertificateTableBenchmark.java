package dev.tlsproxy.internal.tls;

import dev.tlsproxy.benchmarks.TestCertificate;
import dev.tlsproxy.spi.CertifiedKey;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Finding the certificate of a handshake. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 1)
public class CertificateTableBenchmark {

    /** How many there are. */
    @Param({"1", "1000", "100000"})
    public int certificates;

    private final CertificateTable table = new CertificateTable();

    /** Serves them all. */
    @Setup
    public void deploy() {
        CertifiedKey key = TestCertificate.make().key();
        for (int i = 0; i < certificates; i++) {
            table.deploy("h" + i + ".bench.test", key);
        }
    }

    /**
     * A name that is there.
     *
     * @return its certificate
     */
    @Benchmark
    public Optional<CertifiedKey> exact() {
        return table.find("h0.bench.test");
    }

    /**
     * A name that is not there, nor a wildcard for it.
     *
     * @return nothing
     */
    @Benchmark
    public Optional<CertifiedKey> missing() {
        return table.find("other.bench.test");
    }
}
