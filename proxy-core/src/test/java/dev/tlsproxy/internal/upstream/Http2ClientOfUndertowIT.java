package dev.tlsproxy.internal.upstream;

import static dev.tlsproxy.testing.ScriptedHttp2Server.ACK;
import static dev.tlsproxy.testing.ScriptedHttp2Server.CONTINUATION;
import static dev.tlsproxy.testing.ScriptedHttp2Server.DATA;
import static dev.tlsproxy.testing.ScriptedHttp2Server.END_HEADERS;
import static dev.tlsproxy.testing.ScriptedHttp2Server.END_STREAM;
import static dev.tlsproxy.testing.ScriptedHttp2Server.GOAWAY;
import static dev.tlsproxy.testing.ScriptedHttp2Server.HEADERS;
import static dev.tlsproxy.testing.ScriptedHttp2Server.PING;
import static dev.tlsproxy.testing.ScriptedHttp2Server.RST_STREAM;
import static dev.tlsproxy.testing.ScriptedHttp2Server.fields;
import static dev.tlsproxy.testing.ScriptedHttp2Server.ints;
import static dev.tlsproxy.testing.ScriptedHttp2Server.maxConcurrentStreams;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tlsproxy.testing.ScriptedHttp2Server;
import dev.tlsproxy.testing.ScriptedHttp2Server.Talk;
import io.undertow.client.ClientCallback;
import io.undertow.client.ClientConnection;
import io.undertow.client.ClientExchange;
import io.undertow.client.ClientRequest;
import io.undertow.client.UndertowClient;
import io.undertow.server.DefaultByteBufferPool;
import io.undertow.util.Headers;
import io.undertow.util.Methods;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xnio.ChannelListener;
import org.xnio.IoUtils;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.Xnio;
import org.xnio.XnioWorker;
import org.xnio.channels.StreamSourceChannel;

/**
 * Why the proxy does not speak HTTP/2 to upstreams with Undertow's own client: what that does with responses of ordinary
 * servers. Where one of these fails after an update of Undertow, a fault is mended: see "HTTP/2 to upstreams is said by the scheme" in
 * docs/decisions.md, and look at it again.
 */
@Timeout(60)
class Http2ClientOfUndertowIT {

    private static final byte[] HEAD = fields(":status", "200", "content-type", "application/grpc");
    private static final byte[] ONLY_HEAD =
            fields(":status", "200", "content-type", "application/grpc", "grpc-status", "5");
    private static final byte[] TRAILERS = fields("grpc-status", "0");
    private static final int REFUSED_STREAM = 7;
    private static final int CANCEL = 8;

    private static XnioWorker worker;
    private static DefaultByteBufferPool buffers;

    private ScriptedHttp2Server server;
    private ClientConnection connection;

    @BeforeAll
    static void startWorker() throws IOException {
        worker = Xnio.getInstance()
                .createWorker(OptionMap.create(Options.WORKER_IO_THREADS, 1, Options.THREAD_DAEMON, true));
        buffers = new DefaultByteBufferPool(false, 16 * 1024);
    }

    @AfterAll
    static void stopWorker() {
        worker.shutdownNow();
        buffers.close();
    }

    @AfterEach
    void close() throws IOException {
        IoUtils.safeClose(connection);
        server.close();
    }

    @Test
    void takesAnOrdinaryResponse() throws Exception {
        connect((up, stream) -> respond(up, stream));

        assertThat(call().end()).isEqualTo("200 hello");
        assertThat(call().end()).isEqualTo("200 hello");
    }

    /** A gRPC error is such a response: as many errors as the server takes streams, and the connection is used up. */
    @Test
    void countsAStreamForEverWhoseResponseIsOnlyAHead() throws Exception {
        connect(maxConcurrentStreams(5), (up, stream) -> up.send(HEADERS, END_HEADERS | END_STREAM, stream, ONLY_HEAD));
        for (int i = 0; i < 5; i++) {
            assertThat(call().end()).isEqualTo("200 ");
        }

        assertThat(call().end()).isEqualTo("not sent: UT000184: Stream limit exceeded");
        assertThat(connection.isOpen()).isTrue();
    }

    /** RFC 9113 section 6.8: streams up to the last one named go on. gRPC servers end old connections so. */
    @Test
    void failsCallsThatAServerThatShutsDownStillAnswers() throws Exception {
        connect((up, stream) -> {
            up.send(HEADERS, END_HEADERS, stream, HEAD).send(DATA, 0, stream, "half");
            await().until(() -> call.body.length() == 4);
            up.send(GOAWAY, 0, 0, ints(stream, 0));
        });

        assertThat(call().end()).isEqualTo("200 half failed: null");
    }

    @ParameterizedTest
    @ValueSource(strings = {"100", "103"})
    void endsTheConnectionAfterAnInterimResponse(String status) throws Exception {
        connect((up, stream) -> {
            up.send(HEADERS, END_HEADERS, stream, fields(":status", status));
            respond(up, stream);
        });

        assertThat(call().end()).isEqualTo(" failed: null");
        await().until(() -> server.received(GOAWAY, 0) == 1);
    }

    @Test
    void losesWhatComesOfAHeadInASecondFrame() throws Exception {
        connect((up, stream) -> {
            up.send(HEADERS, 0, stream, Arrays.copyOf(HEAD, 20));
            await().until(() -> call.status == 200); // told before the head is whole
            up.send(CONTINUATION, END_HEADERS, stream, Arrays.copyOfRange(HEAD, 20, HEAD.length));
            up.send(DATA, END_STREAM, stream, "hello");
        });

        assertThat(call().end()).isEqualTo("200 hello");
        assertThat(call.contentType).isNull();
    }

    @ParameterizedTest
    @ValueSource(ints = {REFUSED_STREAM, CANCEL})
    void doesNotTellWhyAStreamWasReset(int code) throws Exception {
        connect((up, stream) -> up.send(RST_STREAM, 0, stream, ints(code)));

        assertThat(call().end()).isEqualTo(" failed: UT000103: Http2 stream was reset");
    }

    /** gRPC servers measure with pings, and end a connection that pings them more often than they permit. */
    @Test
    void answersAPingWithAPingOfItsOwnBeside() throws Exception {
        connect((up, stream) -> {
            up.send(PING, 0, 0, new byte[8]);
            respond(up, stream);
        });

        assertThat(call().end()).isEqualTo("200 hello");
        await().until(() -> server.received(PING, ACK) == 1 && server.received(PING, 0) == 1);
    }

    /** One client that cancels ends the calls of all others, which hear nothing of it. */
    @Test
    void dropsTheConnectionAfterTwoHundredCancelledCalls() throws Exception {
        connect((up, stream) -> up.send(HEADERS, END_HEADERS, stream, HEAD).send(DATA, 0, stream, "half"));
        Call neighbour = call();
        await().until(() -> neighbour.body.length() == 4);
        int cancelled = 0;
        while (connection.isOpen() && cancelled < 1_000) {
            Call next = call();
            await().pollInterval(Duration.ofMillis(2)).until(() -> next.status == 200 || next.end.isDone());
            if (next.status == 200) {
                cancelled++;
                connection.getIoThread().execute(() -> IoUtils.safeClose(next.exchange.getResponseChannel()));
            }
        }

        assertThat(cancelled).isBetween(190, 210);
        assertThat(neighbour.end).isNotDone();
    }

    @Test
    void takesABodyForWholeThatIsShorterThanItsContentLength() throws Exception {
        connect((up, stream) -> up.send(HEADERS, END_HEADERS, stream, fields(":status", "200", "content-length", "9"))
                .send(DATA, END_STREAM, stream, "hello"));

        assertThat(call().end()).isEqualTo("200 hello");
    }

    @Test
    void passesLineEndsInValues() throws Exception {
        connect((up, stream) -> up.send(
                HEADERS, END_HEADERS | END_STREAM, stream, fields(":status", "200", "content-type", "a\r\nb: c")));

        assertThat(call().end()).isEqualTo("200 ");
        assertThat(call.contentType).isEqualTo("a\r\nb: c");
    }

    private static void respond(ScriptedHttp2Server up, int stream) throws IOException {
        up.send(HEADERS, END_HEADERS, stream, HEAD).send(DATA, 0, stream, "hello");
        up.send(HEADERS, END_HEADERS | END_STREAM, stream, TRAILERS);
    }

    private void connect(Talk talk) throws Exception {
        connect(new byte[0], talk);
    }

    private void connect(byte[] settings, Talk talk) throws Exception {
        server = new ScriptedHttp2Server(settings, talk);
        CompletableFuture<ClientConnection> connected = new CompletableFuture<>();
        UndertowClient.getInstance()
                .connect(
                        new ClientCallback<>() {
                            @Override
                            public void completed(ClientConnection result) {
                                connected.complete(result);
                            }

                            @Override
                            public void failed(IOException e) {
                                connected.completeExceptionally(e);
                            }
                        },
                        server.uri(),
                        worker,
                        buffers,
                        OptionMap.EMPTY);
        connection = connected.get(10, TimeUnit.SECONDS);
        // the server's settings are in force once their acknowledgement is on its way
        await().until(() -> server.received(4, ACK) == 1);
    }

    private volatile Call call;

    private Call call() {
        Call next = new Call();
        call = next;
        connection.getIoThread().execute(() -> connection.sendRequest(next.request(), next));
        return next;
    }

    /** One request and what came of it. */
    private static final class Call implements ClientCallback<ClientExchange>, ChannelListener<StreamSourceChannel> {

        final CompletableFuture<String> end = new CompletableFuture<>();
        final StringBuffer body = new StringBuffer();
        volatile ClientExchange exchange;
        volatile int status;
        volatile String contentType;

        ClientRequest request() {
            ClientRequest request = new ClientRequest().setMethod(Methods.GET).setPath("/");
            request.getRequestHeaders().put(Headers.HOST, "a.example.com");
            return request;
        }

        String end() throws Exception {
            return end.get(10, TimeUnit.SECONDS);
        }

        @Override
        public void completed(ClientExchange sent) {
            exchange = sent;
            sent.setResponseListener(new ClientCallback<>() {
                @Override
                public void completed(ClientExchange responded) {
                    contentType = responded.getResponse().getResponseHeaders().getFirst(Headers.CONTENT_TYPE);
                    status = responded.getResponse().getResponseCode();
                    StreamSourceChannel source = responded.getResponseChannel();
                    source.getReadSetter().set(Call.this);
                    source.resumeReads();
                    handleEvent(source);
                }

                @Override
                public void failed(IOException e) {
                    end.complete(came() + " failed: " + e.getMessage());
                }
            });
        }

        @Override
        public void failed(IOException e) {
            end.complete("not sent: " + e.getMessage());
        }

        @Override
        public void handleEvent(StreamSourceChannel source) {
            try {
                ByteBuffer piece = ByteBuffer.allocate(1024);
                int read;
                while ((read = source.read(piece)) > 0) {
                    body.append(new String(piece.array(), 0, read, StandardCharsets.ISO_8859_1));
                    piece.clear();
                }
                if (read < 0) {
                    end.complete(came());
                }
            } catch (IOException e) {
                end.complete(came() + " failed: " + e.getMessage());
            }
        }

        private String came() {
            return status == 0 ? "" : status + " " + body;
        }
    }
}
