package dev.tlsproxy.internal.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.undertow.client.ClientCallback;
import io.undertow.client.ClientExchange;
import io.undertow.client.ClientRequest;
import io.undertow.connector.ByteBufferPool;
import io.undertow.server.DefaultByteBufferPool;
import io.undertow.server.protocol.http.HttpAttachments;
import io.undertow.util.HeaderMap;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.StreamConnection;
import org.xnio.Xnio;
import org.xnio.XnioWorker;
import org.xnio.channels.StreamSinkChannel;

/** A connection over a socket pair. */
class Http1ConnectionTest {

    private final ByteBufferPool buffers = new DefaultByteBufferPool(false, 16 * 1024);
    private XnioWorker worker;
    private ServerSocket server;
    private Socket upstream;
    private Http1Connection connection;
    private volatile ClientExchange exchange;

    @BeforeEach
    void connect() throws Exception {
        worker = Xnio.getInstance()
                .createWorker(OptionMap.builder()
                        .set(Options.WORKER_IO_THREADS, 1)
                        .set(Options.THREAD_DAEMON, true)
                        .getMap());
        server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        StreamConnection stream = worker.openStreamConnection(
                        new InetSocketAddress(server.getInetAddress(), server.getLocalPort()),
                        opened -> {},
                        OptionMap.EMPTY)
                .get();
        upstream = server.accept();
        upstream.setSoTimeout(10_000);
        connection = onThread(stream, () -> new Http1Connection(stream, buffers, fault -> {}));
    }

    @AfterEach
    void close() throws Exception {
        upstream.close();
        server.close();
        worker.shutdownNow();
    }

    @Test
    void headOfARequestWithBodyGoesOutBeforeTheBody() throws Exception {
        exchange("Content-Length", "5");
        assertThat(read("\r\n\r\n")).isEqualTo("PUT / HTTP/1.1\r\nContent-Length: 5\r\n\r\n");
    }

    @Test
    void writesABodyOfItsLengthAndNoByteMore() throws Exception {
        StreamSinkChannel body = exchange("Content-Length", "5");
        run(() -> {
            assertThat(body.write(bytes("hel"))).isEqualTo(3);
            assertThatThrownBy(() -> body.write(bytes("lo!")))
                    .isInstanceOf(IOException.class)
                    .hasMessage("request body is longer than its Content-Length");
            assertThatThrownBy(body::shutdownWrites)
                    .isInstanceOf(IOException.class)
                    .hasMessage("request body is shorter than announced");
            assertThat(body.write(bytes("lo"))).isEqualTo(2);
            body.shutdownWrites();
            assertThat(body.flush()).isTrue();
        });
        assertThat(read("hello")).endsWith("\r\n\r\nhello");
    }

    @Test
    void writesAChunkForEachWrite() throws Exception {
        StreamSinkChannel body = exchange("Transfer-Encoding", "chunked");
        run(() -> {
            body.write(bytes("hello"));
            body.write(new ByteBuffer[] {bytes("a".repeat(10)), bytes(""), bytes("b".repeat(10))});
            body.shutdownWrites();
            body.shutdownWrites();
            assertThat(body.flush()).isTrue();
        });
        assertThat(read("0\r\n\r\n")).endsWith("\r\n\r\n5\r\nhello\r\n14\r\naaaaaaaaaabbbbbbbbbb\r\n0\r\n\r\n");
    }

    @Test
    void writesTrailersThatMayPass() throws Exception {
        StreamSinkChannel body = exchange("Transfer-Encoding", "chunked");
        run(() -> {
            body.write(bytes("hello"));
            HeaderMap trailers = new HeaderMap();
            trailers.put(new HttpString("X-Sum"), "1").put(Headers.CONTENT_LENGTH, "7");
            exchange.putAttachment(HttpAttachments.RESPONSE_TRAILERS, trailers);
            body.shutdownWrites();
            assertThat(body.flush()).isTrue();
        });
        assertThat(read("\r\n\r\n")).startsWith("PUT / ");
        assertThat(read("\r\n\r\n")).isEqualTo("5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n");
    }

    @Test
    void isIdleOnlyAfterRequestAndResponseAndNothingElse() throws Exception {
        StreamSinkChannel body = exchange("Content-Length", "2");
        run(() -> {
            assertThat(connection.isIdle()).isFalse();
            assertThatThrownBy(() -> connection.sendRequest(exchange.getRequest(), new Nothing()))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("connection: in use (expected: one request at a time)");
            body.write(bytes("ok"));
            body.shutdownWrites();
            assertThat(body.flush()).isTrue();
            assertThat(connection.isIdle()).isFalse();
            assertThat(connection.hasResponseBytes()).isFalse();
        });
        CompletableFuture<Integer> status = new CompletableFuture<>();
        run(() -> exchange.setResponseListener(new Nothing() {
            @Override
            public void completed(ClientExchange result) {
                status.complete(result.getResponse().getResponseCode());
            }
        }));
        upstream.getOutputStream()
                .write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx".getBytes(StandardCharsets.US_ASCII));
        assertThat(status.get(10, TimeUnit.SECONDS)).isEqualTo(200);
        run(() -> {
            ByteBuffer buffer = ByteBuffer.allocate(10);
            assertThat(exchange.getResponseChannel().read(buffer)).isEqualTo(1);
            assertThat(connection.isIdle()).isFalse();
            assertThat(exchange.getResponseChannel().read(buffer)).isEqualTo(-1);
            assertThat(connection.isIdle()).isTrue();
            assertThat(connection.isQuiet()).isTrue();
            assertThat(connection.hasResponseBytes()).isTrue();
        });
        upstream.getOutputStream().write('x');
        await().until(() -> !connection.isOpen());
    }

    /** In the same turn of the I/O thread, so that no selector has told the idle connection of it before. */
    @Test
    void whatComesBeforeARequestIsNotItsResponseAndTheRequestIsNotSent() throws Exception {
        CompletableFuture<Boolean> failed = new CompletableFuture<>();
        run(() -> {
            upstream.getOutputStream().write('x');
            connection.sendRequest(get(), failing(failed));
            connection.responseChannel().getReadListener().handleEvent(connection.responseChannel());
            assertThat(failed).isDone();
            assertThat(connection.isUnsent()).isTrue();
            assertThat(connection.hasResponseBytes()).isFalse();
            assertThat(connection.isOpen()).isFalse();
        });
        assertThat(upstream.getInputStream().read()).isEqualTo(-1);
    }

    /** Such as for bytes that were read as the rest of the response before. */
    @Test
    void readinessWithoutBytesBeforeARequestIsSentDoesNotFailIt() throws Exception {
        CompletableFuture<Boolean> failed = new CompletableFuture<>();
        run(() -> {
            connection.sendRequest(get(), failing(failed));
            connection.responseChannel().getReadListener().handleEvent(connection.responseChannel());
        });
        assertThat(read("\r\n\r\n")).isEqualTo("GET / HTTP/1.1\r\n\r\n");
        assertThat(failed).isNotDone();
        run(() -> assertThat(connection.isUnsent()).isFalse());
    }

    private static ClientRequest get() {
        ClientRequest request = new ClientRequest().setMethod(Methods.GET).setPath("/");
        request.getRequestHeaders().remove(Headers.HOST);
        return request;
    }

    private static ClientCallback<ClientExchange> failing(CompletableFuture<Boolean> failed) {
        return new Nothing() {
            @Override
            public void completed(ClientExchange result) {
                result.setResponseListener(this);
            }

            @Override
            public void failed(IOException e) {
                failed.complete(true);
            }
        };
    }

    private static class Nothing implements ClientCallback<ClientExchange> {
        @Override
        public void completed(ClientExchange result) {
            // not of interest
        }

        @Override
        public void failed(IOException e) {
            // not of interest
        }
    }

    @Test
    void keepsChunksWholeWhereTheSocketTakesOnlyParts() throws Exception {
        int size = 8 * 1024 * 1024;
        StreamSinkChannel body = exchange("Transfer-Encoding", "chunked");
        byte[] all = new byte[size];
        for (int i = 0; i < size; i++) {
            all[i] = (byte) (i * 31 >> 3);
        }
        ByteBuffer left = ByteBuffer.wrap(all);
        run(() -> {
            body.getWriteSetter().set(channel -> writeSome(channel, left));
            body.resumeWrites();
        });
        InputStream in = upstream.getInputStream();
        assertThat(read("\r\n\r\n")).startsWith("PUT / ");
        ByteBuffer seen = ByteBuffer.allocate(size);
        int chunk;
        while ((chunk = Integer.parseInt(read("\r\n").strip(), 16)) > 0) {
            seen.put(in.readNBytes(chunk));
            assertThat(in.readNBytes(2)).asString().isEqualTo("\r\n");
        }
        assertThat(seen.array()).isEqualTo(all);
    }

    /** Offers now more, now less, as a transfer between two buffers does. */
    private static void writeSome(StreamSinkChannel channel, ByteBuffer left) {
        try {
            if (left.hasRemaining()) {
                ByteBuffer some = left.duplicate();
                some.limit(some.position() + Math.min(some.remaining(), 1 + (left.position() * 7 + 40_000) % 300_000));
                left.position(left.position() + channel.write(some));
            } else {
                channel.shutdownWrites();
                if (channel.flush()) {
                    channel.suspendWrites();
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private StreamSinkChannel exchange(String field, String value) throws Exception {
        ClientRequest request = new ClientRequest().setMethod(Methods.PUT).setPath("/");
        request.getRequestHeaders().put(new HttpString(field), value);
        request.getRequestHeaders().remove(Headers.HOST);
        CompletableFuture<StreamSinkChannel> body = new CompletableFuture<>();
        run(() -> connection.sendRequest(request, new ClientCallback<>() {
            @Override
            public void completed(ClientExchange result) {
                exchange = result;
                body.complete(result.getRequestChannel());
            }

            @Override
            public void failed(IOException e) {
                body.completeExceptionally(e);
            }
        }));
        return body.get(10, TimeUnit.SECONDS);
    }

    private interface Task {
        void run() throws Exception;
    }

    private void run(Task task) throws Exception {
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        connection.getIoThread().execute(() -> {
            try {
                task.run();
                done.complete(true);
            } catch (Throwable e) {
                done.completeExceptionally(e);
            }
        });
        done.get(10, TimeUnit.SECONDS);
    }

    private static <T> T onThread(StreamConnection stream, java.util.concurrent.Callable<T> task) throws Exception {
        CompletableFuture<T> done = new CompletableFuture<>();
        stream.getIoThread().execute(() -> {
            try {
                done.complete(task.call());
            } catch (Exception e) {
                done.completeExceptionally(e);
            }
        });
        return done.get(10, TimeUnit.SECONDS);
    }

    private String read(String end) throws IOException {
        StringBuilder text = new StringBuilder();
        int b;
        while (!text.toString().endsWith(end) && (b = upstream.getInputStream().read()) >= 0) {
            text.append((char) b);
        }
        return text.toString();
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}
