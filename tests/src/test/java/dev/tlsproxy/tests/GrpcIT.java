package dev.tlsproxy.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.tests.peer.Peer;
import dev.tlsproxy.tests.peer.PeerProcess;
import dev.tlsproxy.tests.peer.Ports;
import dev.tlsproxy.tests.peer.RealPeer;
import dev.tlsproxy.tests.peer.RequiresPeer;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * gRPC from end to end where the upstream speaks it over HTTP/1.1: grpc-java's client over HTTP/2, and Node with the status
 * in trailers of a chunked response. Each piece has to pass when it comes, both ways, or the calls that stream hang.
 */
@RequiresPeer(Peer.NODE)
@Timeout(120)
class GrpcIT {

    private static final String HOST = "grpc.localhost";

    @RegisterExtension
    final Workbench bench = new Workbench();

    private Path log;
    private PeerProcess upstream;
    private GrpcCalls calls;

    @BeforeEach
    void start() throws IOException {
        RealPeer node = RealPeer.of(Peer.NODE);
        Path directory = bench.directory(node, "grpc");
        Path script = directory.resolve("grpc_over_http1.js");
        try (InputStream source = GrpcIT.class.getResourceAsStream("/grpc_over_http1.js")) {
            Files.copy(Objects.requireNonNull(source, "grpc_over_http1.js"), script);
        }
        log = Files.createFile(directory.resolve("log"));
        int port = Ports.free();
        upstream = bench.closing(
                node.start(directory, List.of(node.seen(script), Integer.toString(port), node.seen(log))));
        upstream.awaitReady(Duration.ofSeconds(20), () -> Ports.accepts(port));
        TlsProxy proxy = bench.start(TlsProxy.builder().route(HOST, "http://127.0.0.1:" + port));
        calls = bench.closing(GrpcCalls.through(proxy, HOST));
    }

    @Test
    void unaryCallComesBack() {
        assertThat(calls.unary("Echo", "hello".getBytes(StandardCharsets.UTF_8)))
                .asString()
                .isEqualTo("hello");
    }

    @Test
    void largeMessageComesBackWhole() {
        byte[] message = new byte[10 << 20];
        new Random(1).nextBytes(message);

        assertThat(calls.unary("Echo", message)).isEqualTo(message);
    }

    @Test
    void bothSidesStreamMessageByMessage() throws Exception {
        GrpcCalls.Call call = calls.bidi("Echo");
        for (int i = 0; i < 20; i++) {
            assertThat(call.send("message " + i).next()).isEqualTo("message " + i);
        }
        assertThat(call.halfClose().next()).isEqualTo(Status.OK);
    }

    @Test
    void requestStreams() throws Exception {
        GrpcCalls.Call call = calls.clientStreaming("Count");
        for (int i = 0; i < 100; i++) {
            call.send("12345");
        }
        assertThat(call.halfClose().next()).isEqualTo("1000");
        assertThat(call.next()).isEqualTo(Status.OK);
    }

    @Test
    void statusInTrailersEndsAResponseThatStreamed() throws Exception {
        GrpcCalls.Call call = calls.serverStreaming("Fail", "x");

        assertThat(call.next()).isEqualTo("first");
        assertThat(((Status) call.next()).toString())
                .isEqualTo(Status.FAILED_PRECONDITION.withDescription("not now").toString());
    }

    /** Each ends a request that was not read, with a reset; too many resets would end the connection. */
    @Test
    void statusWithoutAMessageReachesAClientThatStillSends() throws Exception {
        for (int i = 0; i < 150; i++) {
            GrpcCalls.Call call = calls.bidi("Refuse").send("unread");

            assertThat(((Status) call.next()).toString())
                    .isEqualTo(Status.PERMISSION_DENIED.withDescription("no").toString());
        }
    }

    @Test
    void deadlineEndsTheCallAtTheUpstreamToo() {
        calls.unary("Echo", new byte[1]); // a handshake would take its share of the deadline
        Status status = calls.status("Silent", CallOptions.DEFAULT.withDeadlineAfter(2, TimeUnit.SECONDS));

        assertThat(status.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        awaitUpstreamLog("asked", "left");
    }

    @Test
    void cancelEndsTheCallAtTheUpstreamToo() {
        ClientCall<byte[], byte[]> call = calls.newCall("Silent", MethodType.BIDI_STREAMING);
        call.start(new ClientCall.Listener<>() {}, new Metadata());
        call.sendMessage(new byte[10]);
        awaitUpstreamLog("asked");

        call.cancel("the test wants it", null);

        awaitUpstreamLog("asked", "left");
        assertThat(calls.unary("Echo", new byte[5])).hasSize(5);
    }

    @Test
    void upstreamThatDiesEndsItsCallsWithAnError() throws Exception {
        GrpcCalls.Call call = calls.bidi("Echo");
        assertThat(call.send("message").next()).isEqualTo("message");

        upstream.close();

        assertThat(((Status) call.next()).toString())
                .isEqualTo(Status.INTERNAL
                        .withDescription("RST_STREAM closed stream. HTTP/2 error code: INTERNAL_ERROR")
                        .toString());
        assertThat(calls.status("Echo", CallOptions.DEFAULT).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }

    @Test
    void hundredCallsAtOnceKeepTheirOwnMessages() throws Exception {
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

    private void awaitUpstreamLog(String... lines) {
        Awaitility.await()
                .untilAsserted(() -> assertThat(Files.readAllLines(log)).containsExactly(lines));
    }
}
