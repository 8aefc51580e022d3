package dev.tlsproxy.internal.http;

import dev.tlsproxy.internal.names.HostPattern;
import dev.tlsproxy.internal.upstream.UpstreamGroup;
import dev.tlsproxy.spi.UpgradeHandler;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
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

/** Finding the route of a request. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 1)
public class RouteTableBenchmark {

    /** How many hosts have one. */
    @Param({"1", "1000", "100000"})
    public int routes;

    private RouteTable table = RouteTable.of(List.of());

    /** Makes the table. */
    @Setup
    public void fill() {
        table = RouteTable.of(IntStream.range(0, routes)
                .mapToObj(i -> route("h" + i + ".bench.test"))
                .toList());
    }

    /**
     * A host that is there.
     *
     * @return its route
     */
    @Benchmark
    public Optional<RouteEntry> exact() {
        return table.find("h0.bench.test", "/announce");
    }

    /**
     * A host that is not there, nor a wildcard for it.
     *
     * @return nothing
     */
    @Benchmark
    public Optional<RouteEntry> missing() {
        return table.find("other.bench.test", "/announce");
    }

    private static RouteEntry route(String host) {
        return new RouteEntry(
                HostPattern.parse(host).orElseThrow(),
                "",
                false,
                new UpstreamGroup(List.of()),
                Duration.ofSeconds(60),
                -1,
                List.of(),
                exchange -> UpgradeHandler.Decision.pass());
    }
}
