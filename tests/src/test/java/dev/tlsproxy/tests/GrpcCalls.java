package dev.tlsproxy.tests;

import dev.tlsproxy.TlsProxy;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;

/** grpc-java's client of a proxy, over TLS that it verifies, with messages of plain bytes. */
final class GrpcCalls implements AutoCloseable {

    /** What came back of a call, in order: messages, then the status. */
    static final class Call implements StreamObserver<byte[]> {

        private final BlockingQueue<Object> came = new LinkedBlockingQueue<>();
        private StreamObserver<byte[]> request;

        Call send(String message) {
            request.onNext(message.getBytes(StandardCharsets.UTF_8));
            return this;
        }

        Call halfClose() {
            request.onCompleted();
            return this;
        }

        /** The next message as text, or the status; null when neither comes in time. */
        Object next() throws InterruptedException {
            Object next = came.poll(20, TimeUnit.SECONDS);
            return next instanceof byte[] message ? new String(message, StandardCharsets.UTF_8) : next;
        }

        @Override
        public void onNext(byte[] message) {
            came.add(message);
        }

        @Override
        public void onError(Throwable error) {
            came.add(Status.fromThrowable(error));
        }

        @Override
        public void onCompleted() {
            came.add(Status.OK);
        }
    }

    static final MethodDescriptor.Marshaller<byte[]> BYTES = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] message) {
            return new ByteArrayInputStream(message);
        }

        @Override
        public byte[] parse(InputStream in) {
            try {
                return in.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    };

    private final ManagedChannel channel;

    private GrpcCalls(ManagedChannel channel) {
        this.channel = channel;
    }

    static GrpcCalls through(TlsProxy proxy, String host) throws SSLException {
        return new GrpcCalls(NettyChannelBuilder.forAddress("127.0.0.1", Workbench.port(proxy))
                .overrideAuthority(host)
                .maxInboundMessageSize(64 << 20)
                .sslContext(GrpcSslContexts.forClient()
                        .trustManager(proxy.localCaCertificate().orElseThrow())
                        .build())
                .build());
    }

    static MethodDescriptor<byte[], byte[]> method(String name, MethodType type) {
        return MethodDescriptor.newBuilder(BYTES, BYTES)
                .setFullMethodName("test.Calls/" + name)
                .setType(type)
                .build();
    }

    byte[] unary(String name, byte[] message) {
        return unary(name, message, CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS));
    }

    byte[] unary(String name, byte[] message, CallOptions options) {
        return ClientCalls.blockingUnaryCall(channel, method(name, MethodType.UNARY), options, message);
    }

    /** The status a unary call ends with. */
    Status status(String name, CallOptions options) {
        try {
            unary(name, new byte[10], options);
            return Status.OK;
        } catch (StatusRuntimeException e) {
            return e.getStatus();
        }
    }

    ClientCall<byte[], byte[]> newCall(String name, MethodType type) {
        return channel.newCall(method(name, type), CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS));
    }

    /** A call that streams both ways. */
    Call bidi(String name) {
        Call call = new Call();
        call.request = ClientCalls.asyncBidiStreamingCall(newCall(name, MethodType.BIDI_STREAMING), call);
        return call;
    }

    /** A call whose response streams. */
    Call serverStreaming(String name, String message) {
        Call call = new Call();
        ClientCalls.asyncServerStreamingCall(
                newCall(name, MethodType.SERVER_STREAMING), message.getBytes(StandardCharsets.UTF_8), call);
        return call;
    }

    /** A call whose request streams. */
    Call clientStreaming(String name) {
        Call call = new Call();
        call.request = ClientCalls.asyncClientStreamingCall(newCall(name, MethodType.CLIENT_STREAMING), call);
        return call;
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
