package dev.tlsproxy.tests;

import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** grpc-java's server as an upstream: HTTP/2 only, without TLS or with. */
final class GrpcUpstream implements AutoCloseable {

    /** A permit for each call that a client has left. */
    final Semaphore left = new Semaphore(0);

    /** A permit for each call of {@code Silent} that has come. */
    final Semaphore asked = new Semaphore(0);

    final AtomicInteger calls = new AtomicInteger();

    private final Server server;

    private GrpcUpstream(NettyServerBuilder builder) throws IOException {
        server = builder.maxInboundMessageSize(64 << 20)
                .addService(ServerServiceDefinition.builder("test.Calls")
                        .addMethod(
                                GrpcCalls.method("Echo", MethodType.BIDI_STREAMING),
                                ServerCalls.asyncBidiStreamingCall(this::echo))
                        .addMethod(
                                GrpcCalls.method("Count", MethodType.CLIENT_STREAMING),
                                ServerCalls.asyncClientStreamingCall(this::count))
                        .addMethod(
                                GrpcCalls.method("Repeat", MethodType.SERVER_STREAMING),
                                ServerCalls.asyncServerStreamingCall(GrpcUpstream::repeat))
                        .addMethod(
                                GrpcCalls.method("Fail", MethodType.SERVER_STREAMING),
                                ServerCalls.asyncServerStreamingCall(GrpcUpstream::fail))
                        .addMethod(
                                GrpcCalls.method("Refuse", MethodType.BIDI_STREAMING),
                                ServerCalls.asyncBidiStreamingCall(GrpcUpstream::refuse))
                        .addMethod(
                                GrpcCalls.method("Silent", MethodType.BIDI_STREAMING),
                                ServerCalls.asyncBidiStreamingCall(this::silent))
                        .build())
                .build()
                .start();
    }

    static GrpcUpstream plain() throws IOException {
        return new GrpcUpstream(NettyServerBuilder.forAddress(loopback()));
    }

    static GrpcUpstream plain(NettyServerBuilder builder) throws IOException {
        return new GrpcUpstream(builder);
    }

    static GrpcUpstream tls(SelfSigned own) throws IOException {
        return new GrpcUpstream(NettyServerBuilder.forAddress(loopback())
                .useTransportSecurity(own.chain().toFile(), own.key().toFile()));
    }

    static InetSocketAddress loopback() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    int port() {
        return server.getPort();
    }

    String uri() {
        return "h2c://127.0.0.1:" + port();
    }

    /** No new calls; those under way go on. */
    void shutDown() {
        server.shutdown();
    }

    boolean awaitEnd() throws InterruptedException {
        return server.awaitTermination(10, TimeUnit.SECONDS);
    }

    @Override
    public void close() throws IOException {
        try {
            server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private StreamObserver<byte[]> echo(StreamObserver<byte[]> response) {
        calls.incrementAndGet();
        watch(response);
        return new Requests(response) {
            @Override
            public void onNext(byte[] message) {
                response.onNext(message);
            }
        };
    }

    private StreamObserver<byte[]> count(StreamObserver<byte[]> response) {
        AtomicLong bytes = new AtomicLong();
        return new Requests(response) {
            @Override
            public void onNext(byte[] message) {
                bytes.addAndGet(message.length);
            }

            @Override
            public void onCompleted() {
                response.onNext(bytes.toString().getBytes(StandardCharsets.UTF_8));
                super.onCompleted();
            }
        };
    }

    /** As many numbers as the message says. */
    private static void repeat(byte[] message, StreamObserver<byte[]> response) {
        int times = Integer.parseInt(new String(message, StandardCharsets.UTF_8));
        for (int i = 0; i < times; i++) {
            response.onNext(Integer.toString(i).getBytes(StandardCharsets.UTF_8));
        }
        response.onCompleted();
    }

    private static void fail(byte[] message, StreamObserver<byte[]> response) {
        response.onNext("first".getBytes(StandardCharsets.UTF_8));
        response.onError(Status.FAILED_PRECONDITION.withDescription("not now").asRuntimeException());
    }

    private static StreamObserver<byte[]> refuse(StreamObserver<byte[]> response) {
        response.onError(Status.PERMISSION_DENIED.withDescription("no").asRuntimeException());
        return new Requests(response) {
            @Override
            public void onNext(byte[] message) {
                // not wanted
            }

            @Override
            public void onCompleted() {
                // answered already
            }
        };
    }

    private StreamObserver<byte[]> silent(StreamObserver<byte[]> response) {
        watch(response);
        asked.release();
        return new Requests(response) {
            @Override
            public void onNext(byte[] message) {
                // no answer
            }

            @Override
            public void onCompleted() {
                // no answer
            }
        };
    }

    private void watch(StreamObserver<byte[]> response) {
        ((ServerCallStreamObserver<byte[]>) response).setOnCancelHandler(left::release);
    }

    private abstract static class Requests implements StreamObserver<byte[]> {

        private final StreamObserver<byte[]> response;

        Requests(StreamObserver<byte[]> response) {
            this.response = response;
        }

        @Override
        public void onError(Throwable error) {
            // the client has left
        }

        @Override
        public void onCompleted() {
            response.onCompleted();
        }
    }
}
