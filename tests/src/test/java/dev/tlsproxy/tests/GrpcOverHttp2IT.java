package dev.tlsproxy.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.Route;
import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.Upstream;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** gRPC from end to end over HTTP/2 on both sides: grpc-java's client, the proxy, grpc-java's server. */
@Timeout(120)
class GrpcOverHttp2IT {

    private static final String HOST = "grpc.localhost";

    @RegisterExtension
    final Workbench bench = new Workbench();

    @TempDir
    Path directory;

    private GrpcUpstream upstream;
    private GrpcCalls calls;

    enum Scheme {
        H2C,
        H2
    }

    private void start(Scheme scheme) throws Exception {
        if (scheme == Scheme.H2C) {
            start(GrpcUpstream.plain());
            return;
        }
        SelfSigned own = SelfSigned.make(directory, "localhost");
        upstream = bench.closing(GrpcUpstream.tls(own));
        through(Upstream.of("h2://localhost:" + upstream.port()).trust(own.chain()));
    }

    private void start(GrpcUpstream server) throws Exception {
        upstream = bench.closing(server);
        through(Upstream.of(upstream.uri()));
    }

    private void through(Upstream to) throws Exception {
        TlsProxy proxy = bench.start(TlsProxy.builder().route(Route.of(HOST).to(to)));
        calls = bench.closing(GrpcCalls.through(proxy, HOST));
    }

    @ParameterizedTest
    @EnumSource(Scheme.class)
    void unaryCallComesBack(Scheme scheme) throws Exception {
        start(scheme);

        assertThat(calls.unary("Echo", "hello".getBytes(StandardCharsets.UTF_8)))
                .asString()
                .isEqualTo("hello");
    }

    @ParameterizedTest
    @EnumSource(Scheme.class)
    void largeMessageComesBackWhole(Scheme scheme) throws Exception {
        start(scheme);
        byte[] message = new byte[10 << 20];
        new Random(1).nextBytes(message);

        assertThat(calls.unary("Echo", message)).isEqualTo(message);
    }

    @ParameterizedTest
    @EnumSource(Scheme.class)
    void bothSidesStreamMessageByMessage(Scheme scheme) throws Exception {
        start(scheme);
        GrpcCalls.Call call = calls.bidi("Echo");
        for (int i = 0; i < 20; i++) {
            assertThat(call.send("message " + i).next()).isEqualTo("message " + i);
        }
        assertThat(call.halfClose().next()).isEqualTo(Status.OK);
    }

    @ParameterizedTest
    @EnumSource(Scheme.class)
    void requestStreams(Scheme scheme) throws Exception {
        start(scheme);
        GrpcCalls.Call call = calls.clientStreaming("Count");
        for (int i = 0; i < 1000; i++) {
            call.send("12345");
        }
        assertThat(call.halfClose().next()).isEqualTo("5000");
        assertThat(call.next()).isEqualTo(Status.OK);
    }

    @ParameterizedTest
    @EnumSource(Scheme.class)
    void responseStreams(Scheme scheme) throws Exception {
        start(scheme);
        GrpcCalls.Call call = calls.serverStreaming("Repeat", "1000");
        for (int i = 0; i < 1000; i++) {
            assertThat(call.next()).isEqualTo(Integer.toString(i));
        }
        assertThat(call.next()).isEqualTo(Status.OK);
    }

    @Test
    void statusInTrailersEndsAResponseThatStreamed() throws Exception {
        start(Scheme.H2C);
        GrpcCalls.Call call = calls.serverStreaming("Fail", "x");

        assertThat(call.next()).isEqualTo("first");
        assertThat(((Status) call.next()).toString())
                .isEqualTo(Status.FAILED_PRECONDITION.withDescription("not now").toString());
    }

    @Test
    void statusWithoutAMessageReachesAClientThatStillSends() throws Exception {
        start(Scheme.H2C);
        for (int i = 0; i < 150; i++) {
            GrpcCalls.Call call = calls.bidi("Refuse").send("unread");

            assertThat(((Status) call.next()).toString())
                    .isEqualTo(Status.PERMISSION_DENIED.withDescription("no").toString());
        }
    }

    @Test
    void statusOfAMethodThatIsNotThereReachesTheClient() throws Exception {
        start(Scheme.H2C);

        assertThat(calls.status("Nothing", CallOptions.DEFAULT).getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
        assertThat(calls.status("Nothing", CallOptions.DEFAULT).getDescription())
                .isEqualTo("Method not found: test.Calls/Nothing");
    }

    @Test
    void deadlineEndsTheCallAtTheServerToo() throws Exception {
        start(Scheme.H2C);
        calls.unary("Echo", new byte[1]); // a handshake would take its share of the deadline
        Status status = calls.status("Silent", CallOptions.DEFAULT.withDeadlineAfter(1, TimeUnit.SECONDS));

        assertThat(status.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        assertThat(upstream.left.tryAcquire(1, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void cancelEndsTheCallAtTheServerWithinASecondAndNoOther() throws Exception {
        start(Scheme.H2C);
        GrpcCalls.Call other = calls.bidi("Echo").send("before");
        assertThat(other.next()).isEqualTo("before");
        ClientCall<byte[], byte[]> call = calls.newCall("Silent", MethodType.BIDI_STREAMING);
        call.start(new ClientCall.Listener<>() {}, new Metadata());
        call.sendMessage(new byte[10]);
        assertThat(upstream.asked.tryAcquire(10, TimeUnit.SECONDS)).isTrue();

        call.cancel("the test wants it", null);

        assertThat(upstream.left.tryAcquire(1, TimeUnit.SECONDS)).isTrue();
        assertThat(other.send("after").halfClose().next()).isEqualTo("after");
        assertThat(other.next()).isEqualTo(Status.OK);
        assertThat(upstream.left.availablePermits()).isZero();
    }

    @Test
    void hundredCallsAtOnceKeepTheirOwnMessages() throws Exception {
        start(Scheme.H2C);
        List<GrpcCalls.Call> open = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            open.add(calls.bidi("Echo").send("first of " + i));
        }
        for (int i = 0; i < open.size(); i++) {
            assertThat(open.get(i).next()).isEqualTo("first of " + i);
        }
        for (int i = 0; i < open.size(); i++) {
            assertThat(open.get(i).send("last of " + i).halfClose().next()).isEqualTo("last of " + i);
            assertThat(open.get(i).next()).isEqualTo(Status.OK);
        }
    }

    @Test
    void serverThatTakesFewCallsOfAConnectionGetsMoreConnections() throws Exception {
        start(GrpcUpstream.plain(
                NettyServerBuilder.forAddress(GrpcUpstream.loopback()).maxConcurrentCallsPerConnection(3)));
        List<GrpcCalls.Call> open = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            open.add(calls.bidi("Echo").send("first of " + i));
        }
        for (int i = 0; i < open.size(); i++) {
            assertThat(open.get(i).next()).isEqualTo("first of " + i);
            assertThat(open.get(i).halfClose().next()).isEqualTo(Status.OK);
        }
    }

    @Test
    void gracefulShutdownOfTheServerFailsNoCallThatIsUnderWay() throws Exception {
        start(Scheme.H2C);
        List<GrpcCalls.Call> open = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            open.add(calls.bidi("Echo").send("before"));
            assertThat(open.get(i).next()).isEqualTo("before");
        }

        upstream.shutDown();

        for (GrpcCalls.Call call : open) {
            assertThat(call.send("after").next()).isEqualTo("after");
            assertThat(call.halfClose().next()).isEqualTo(Status.OK);
        }
        assertThat(upstream.awaitEnd()).isTrue();
        assertThat(calls.status("Echo", CallOptions.DEFAULT).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }

    /** A server that ends its connections by age, again and again: no call may fail for it. */
    @Test
    void connectionsThatEndByAgeFailNoCall() throws Exception {
        start(GrpcUpstream.plain(NettyServerBuilder.forAddress(GrpcUpstream.loopback())
                .maxConnectionAge(300, TimeUnit.MILLISECONDS)
                .maxConnectionAgeGrace(30, TimeUnit.SECONDS)));
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
        int made = 0;
        while (System.nanoTime() < end) {
            assertThat(calls.unary("Echo", new byte[100])).hasSize(100);
            made++;
        }
        assertThat(upstream.calls).hasValue(made);
    }

    @Test
    void serverThatDiesEndsItsCallsWithAnError() throws Exception {
        start(Scheme.H2C);
        GrpcCalls.Call call = calls.bidi("Echo");
        assertThat(call.send("message").next()).isEqualTo("message");

        upstream.close();

        assertThat(((Status) call.next()).getCode()).isIn(Status.Code.INTERNAL, Status.Code.UNAVAILABLE);
        assertThat(calls.status("Echo", CallOptions.DEFAULT).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }
}
