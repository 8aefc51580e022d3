package dev.tlsproxy.internal.tls;

import dev.tlsproxy.benchmarks.TestCertificate;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
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

/**
 * A TLS 1.3 handshake in memory with an ECDSA P-256 certificate. What the server pays is all but a few microseconds in its
 * answer to the ClientHello: key pairs, encapsulation, signature, the records of its flight. A recorded ClientHello is
 * enough for that, and so no client's cost is in it.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 4)
@Measurement(iterations = 5, time = 2)
public class HandshakeBenchmark {

    /** The group whose share the client sends first. */
    @Param({"X25519MLKEM768", "x25519"})
    public String group = "";

    private final EnginePair.Maker maker = new EnginePair.Maker(TestCertificate.make());
    private ByteBuffer clientHello = ByteBuffer.allocate(0);

    /** Records the ClientHello. */
    @Setup
    public void record() throws SSLException {
        clientHello = EnginePair.hello(maker.client(group));
    }

    /**
     * What reads the ClientHello to find the certificate, before there is an engine.
     *
     * @return what it says
     */
    @Benchmark
    public Object clientHelloRead() {
        ClientHelloReader reader = new ClientHelloReader();
        reader.feed(clientHello.duplicate());
        return reader.hello();
    }

    /**
     * The server's answer to a ClientHello.
     *
     * @return its flight
     */
    @Benchmark
    public ByteBuffer serverFlight() throws SSLException {
        SSLEngine server = maker.server(clientHello);
        ByteBuffer flight = ByteBuffer.allocate(EnginePair.BUFFER);
        EnginePair.unwrap(server, clientHello.duplicate());
        EnginePair.wrapHandshake(server, flight);
        return flight;
    }

    /**
     * The whole of both sides.
     *
     * @return the pair, ready for data
     */
    @Benchmark
    public Object bothSides() throws SSLException {
        return maker.connected(group);
    }
}
