package dev.tlsproxy.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.Route;
import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.Upstream;
import dev.tlsproxy.tests.peer.Ports;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a gRPC client meets where the proxy can't serve it: a server that speaks HTTP/2 only, and the proxy's own errors. It
 * is told at once, with the status that gRPC's rules give to the HTTP status.
 */
@Timeout(60)
class GrpcServerIT {

    private static final String HOST = "grpc.localhost";
    private static final CallOptions NO_DEADLINE = CallOptions.DEFAULT;

    @RegisterExtension
    final Workbench bench = new Workbench();

    @TempDir
    Path directory;

    @Test
    void callToAServerThatSpeaksHttp2OnlyIsUnavailableAtOnce() throws Exception {
        Server server = server(NettyServerBuilder.forAddress(loopback()));
        GrpcCalls calls = calls(Route.of(HOST).to("http://127.0.0.1:" + server.getPort()));

        assertUnavailable(502, calls.status("Echo", NO_DEADLINE));
        assertUnavailable(502, (Status) calls.bidi("Echo").send("x").next());
    }

    @Test
    void callToATlsServerThatSpeaksHttp2OnlyIsUnavailableAtOnce() throws Exception {
        SelfSigned own = SelfSigned.make(directory, "localhost");
        Server server = server(NettyServerBuilder.forAddress(loopback())
                .useTransportSecurity(own.chain().toFile(), own.key().toFile()));
        GrpcCalls calls = calls(Route.of(HOST)
                .to(Upstream.of("https://localhost:" + server.getPort()).trust(own.chain())));

        assertUnavailable(502, calls.status("Echo", NO_DEADLINE));
    }

    @Test
    void callWithoutARouteIsUnimplemented() throws Exception {
        GrpcCalls calls = calls(Route.of(HOST + "/other").to("http://127.0.0.1:1"));

        Status status = calls.status("Echo", NO_DEADLINE);

        assertThat(status.getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
        assertThat(status.getDescription()).startsWith("HTTP status code 404\n");
    }

    @Test
    void callToNobodyIsUnavailable() throws Exception {
        assertUnavailable(
                502,
                calls(Route.of(HOST).to("http://127.0.0.1:" + Ports.free())).status("Echo", NO_DEADLINE));
    }

    /** 504, which gRPC maps to UNAVAILABLE too: DEADLINE_EXCEEDED is the client's own deadline. */
    @Test
    void callThatIsNotAnsweredInTimeIsUnavailable() throws Exception {
        RawUpstream silent = bench.closing(new RawUpstream((head, in, out) -> in.read() >= 0));
        Route route = Route.of(HOST).to(silent.uri()).responseTimeout(Duration.ofMillis(300));

        assertUnavailable(504, calls(route).status("Echo", NO_DEADLINE));
    }

    private static void assertUnavailable(int httpStatus, Status status) {
        assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(status.getDescription()).startsWith("HTTP status code " + httpStatus + "\n");
    }

    private GrpcCalls calls(Route route) throws Exception {
        TlsProxy proxy = bench.start(TlsProxy.builder().route(route));
        return bench.closing(GrpcCalls.through(proxy, HOST));
    }

    private Server server(NettyServerBuilder builder) throws Exception {
        Server server = builder.addService(ServerServiceDefinition.builder("test.Calls")
                        .addMethod(
                                GrpcCalls.method("Echo", MethodType.BIDI_STREAMING),
                                ServerCalls.asyncBidiStreamingCall(response -> response))
                        .build())
                .build()
                .start();
        bench.closing(() -> server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS));
        return server;
    }

    private static InetSocketAddress loopback() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }
}
