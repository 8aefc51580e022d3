package dev.tlsproxy.internal.tls;

import static java.util.Objects.requireNonNull;

import dev.tlsproxy.benchmarks.TestCertificate;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
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

/** Record protection on the proxy's engine: a small answer, and a full record of a download. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 1)
public class RecordBenchmark {

    /** Bytes of content in the record. */
    @Param({"100", "16384"})
    public int content;

    private final EnginePair.Maker maker = new EnginePair.Maker(TestCertificate.make());
    private final ByteBuffer protectedBytes = ByteBuffer.allocate(EnginePair.BUFFER);
    private final ByteBuffer plainBytes = ByteBuffer.allocate(EnginePair.BUFFER);
    private ByteBuffer body = ByteBuffer.allocate(0);
    private @Nullable EnginePair sending;
    private @Nullable EnginePair receiving;

    /** Two connections, so that each counts its records in one direction. */
    @Setup
    public void connect() throws SSLException {
        body = ByteBuffer.allocate(content);
        sending = maker.connected("X25519MLKEM768");
        receiving = maker.connected("X25519MLKEM768");
    }

    /**
     * The server's protection alone.
     *
     * @return the record
     */
    @Benchmark
    public ByteBuffer protect() throws SSLException {
        return wrap(requireNonNull(sending).server());
    }

    /**
     * The client's protection and the server's opening.
     *
     * @return the content
     */
    @Benchmark
    public ByteBuffer protectAndOpen() throws SSLException {
        EnginePair pair = requireNonNull(receiving);
        pair.server().unwrap(wrap(pair.client()).flip(), plainBytes.clear());
        return plainBytes;
    }

    private ByteBuffer wrap(SSLEngine engine) throws SSLException {
        engine.wrap(body.duplicate(), protectedBytes.clear());
        return protectedBytes;
    }
}
