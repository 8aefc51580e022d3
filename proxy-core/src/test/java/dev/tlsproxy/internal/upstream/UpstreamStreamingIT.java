package dev.tlsproxy.internal.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.undertow.UndertowOptions;
import io.undertow.client.ClientCallback;
import io.undertow.client.ClientConnection;
import io.undertow.client.ClientExchange;
import io.undertow.client.ClientRequest;
import io.undertow.client.UndertowClient;
import io.undertow.server.DefaultByteBufferPool;
import io.undertow.util.Headers;
import io.undertow.util.Methods;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.Xnio;
import org.xnio.XnioWorker;
import org.xnio.channels.StreamSourceChannel;

class UpstreamStreamingIT {

    private static final UpstreamPoolConfig DEFAULTS = UpstreamPoolConfig.defaults();

    /** Sends the head, then one event for each permit: the next only after the client has seen the last. */
    private static ScriptedUpstream.Script events(Semaphore permits) {
        return connection -> {
            connection.readHead();
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (int i = 0; i < 3; i++) {
                permits.acquire();
                connection.send("9\r\ndata: " + i + "\n\n\r\n");
            }
            connection.send("0\r\n\r\n");
            connection.awaitEnd();
        };
    }

    @Test
    void sendsHeadAndEachEventAtOnceOnHttp1() throws Exception {
        Semaphore permits = new Semaphore(0);
        try (ScriptedUpstream up = new ScriptedUpstream(events(permits));
                PoolUnderTest proxy = new PoolUnderTest(DEFAULTS, up.uri());
                Socket client = proxy.raw("GET / HTTP/1.1\r\nHost: x\r\n\r\n")) {
            assertThat(readUntil(client.getInputStream(), "\r\n\r\n")).startsWith("HTTP/1.1 200 OK");
            for (int i = 0; i < 3; i++) {
                permits.release();
                assertThat(readUntil(client.getInputStream(), "data: " + i + "\n\n"))
                        .contains("data: " + i);
            }
        }
    }

    @Test
    void sendsHeadAndEachEventAtOnceOnHttp2() throws Exception {
        Semaphore permits = new Semaphore(0);
        XnioWorker worker = Xnio.getInstance()
                .createWorker(OptionMap.builder()
                        .set(Options.WORKER_IO_THREADS, 1)
                        .set(Options.THREAD_DAEMON, true)
                        .getMap());
        try (ScriptedUpstream up = new ScriptedUpstream(events(permits));
                PoolUnderTest proxy = new PoolUnderTest(DEFAULTS, up.uri())) {
            BlockingQueue<String> seen = new LinkedBlockingQueue<>();
            ClientConnection connection = UndertowClient.getInstance()
                    .connect(
                            URI.create("h2c-prior://127.0.0.1:" + proxy.port()),
                            worker,
                            new DefaultByteBufferPool(true, 16 * 1024),
                            OptionMap.create(UndertowOptions.ENABLE_HTTP2, true))
                    .get();
            connection.getIoThread().execute(() -> request(connection, seen));
            assertThat(seen.poll(10, TimeUnit.SECONDS)).isEqualTo("head 200");
            for (int i = 0; i < 3; i++) {
                permits.release();
                assertThat(seen.poll(10, TimeUnit.SECONDS)).isEqualTo("data: " + i + "\n\n");
            }
            assertThat(seen.poll(10, TimeUnit.SECONDS)).isEqualTo("end");
        } finally {
            worker.shutdownNow();
        }
    }

    @Test
    void servesSmallRequestsBesideABigResponse() throws Exception {
        int size = 100 * 1024 * 1024;
        ScriptedUpstream.Script script = connection -> {
            String head;
            while ((head = connection.readHead()) != null) {
                if (head.startsWith("GET /big ")) {
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + size + "\r\n\r\n");
                    byte[] block = new byte[1024 * 1024];
                    for (int i = 0; i < 100; i++) {
                        connection.out.write(block);
                    }
                } else {
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsmall");
                }
            }
        };
        try (ScriptedUpstream up = new ScriptedUpstream(script);
                PoolUnderTest proxy = new PoolUnderTest(DEFAULTS, UpstreamResolver.SYSTEM, 1, null, up.uri());
                Socket big = proxy.raw("GET /big HTTP/1.1\r\nHost: x\r\n\r\n")) {
            proxy.get("/warm");
            CompletableFuture<Long> transfer = CompletableFuture.supplyAsync(() -> drain(big, size));
            int small = 0;
            while (!transfer.isDone()) {
                assertThat(proxy.get("/small").body()).isEqualTo("small");
                small++;
            }
            assertThat(transfer.get()).isGreaterThanOrEqualTo(size);
            assertThat(small).isGreaterThan(3);
        }
    }

    @Test
    void keepsThePaceOfALargeUpload() throws Exception {
        int size = 20 * 1024 * 1024;
        ScriptedUpstream.Script script = connection -> {
            connection.readHead();
            connection.in.skipNBytes(size);
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nall");
            connection.awaitEnd();
        };
        try (ScriptedUpstream up = new ScriptedUpstream(script);
                PoolUnderTest proxy = new PoolUnderTest(DEFAULTS, up.uri())) {
            long start = System.nanoTime();
            assertThat(proxy.post("/", "x".repeat(size)).body()).isEqualTo("all");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(8));
        }
    }

    private static void request(ClientConnection connection, BlockingQueue<String> seen) {
        ClientRequest request = new ClientRequest().setMethod(Methods.GET).setPath("/");
        request.getRequestHeaders().put(Headers.HOST, "x");
        connection.sendRequest(request, new Step() {
            @Override
            public void completed(ClientExchange sent) {
                sent.setResponseListener(new Step() {
                    @Override
                    public void completed(ClientExchange answered) {
                        seen.add("head " + answered.getResponse().getResponseCode());
                        StreamSourceChannel body = answered.getResponseChannel();
                        body.getReadSetter().set(channel -> read(channel, seen));
                        body.resumeReads();
                    }
                });
            }
        });
    }

    private static void read(StreamSourceChannel channel, BlockingQueue<String> seen) {
        ByteBuffer buffer = ByteBuffer.allocate(1024);
        try {
            int read = channel.read(buffer);
            if (read > 0) {
                seen.add(new String(buffer.array(), 0, read, StandardCharsets.US_ASCII));
            } else if (read < 0) {
                seen.add("end");
                channel.suspendReads();
            }
        } catch (IOException e) {
            seen.add(e.toString());
        }
    }

    private abstract static class Step implements ClientCallback<ClientExchange> {
        @Override
        public void failed(IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static long drain(Socket socket, long size) {
        try {
            byte[] block = new byte[64 * 1024];
            long seen = 0;
            int read;
            while (seen < size && (read = socket.getInputStream().read(block)) >= 0) {
                seen += read;
            }
            return seen;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String readUntil(InputStream in, String end) throws IOException {
        StringBuilder text = new StringBuilder();
        int b;
        while (text.indexOf(end) < 0 && (b = in.read()) >= 0) {
            text.append((char) b);
        }
        return text.toString();
    }
}
