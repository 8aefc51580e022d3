package dev.tlsproxy.internal.upstream;

import dev.tlsproxy.spi.ProxyEvents;
import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.undertow.client.ClientConnection;
import io.undertow.client.ClientResponse;
import io.undertow.connector.ByteBufferPool;
import io.undertow.server.DefaultByteBufferPool;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.proxy.ProxyHandler;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.xnio.IoUtils;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.Xnio;
import org.xnio.XnioWorker;

/** A plain Undertow server that proxies everything through a pool to one group of upstreams. */
final class PoolUnderTest implements AutoCloseable {

    final UpstreamPool pool;
    final List<UpstreamFailure> failures = new CopyOnWriteArrayList<>();
    final BlockingQueue<String> told = new LinkedBlockingQueue<>();
    private final ProxyEvents events = new ProxyEvents() {
        @Override
        public void upstreamDown(String upstream, String reason) {
            told.add("down " + upstream + ": " + reason);
        }

        @Override
        public void upstreamUp(String upstream, String reason) {
            told.add("up " + upstream + ": " + reason);
        }
    };
    final AtomicInteger calls = new AtomicInteger();
    final List<HttpServerExchange> exchanges = new CopyOnWriteArrayList<>();
    volatile Duration responseHeadTimeout = Duration.ofSeconds(10);
    private final XnioWorker worker;
    private final Undertow server;
    private final UpstreamGroup group;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    PoolUnderTest(UpstreamPoolConfig config, URI... upstreams) throws IOException {
        this(config, UpstreamResolver.SYSTEM, 2, null, upstreams);
    }

    PoolUnderTest(UpstreamPoolConfig config, UpstreamResolver resolver, int ioThreads, SSLContext tls, URI... upstreams)
            throws IOException {
        this(
                config,
                resolver,
                ioThreads,
                Arrays.stream(upstreams)
                        .map(uri -> new UpstreamAddress(uri, tls))
                        .toList());
    }

    PoolUnderTest(UpstreamPoolConfig config, UpstreamResolver resolver, int ioThreads, List<UpstreamAddress> upstreams)
            throws IOException {
        group = new UpstreamGroup(upstreams);
        ByteBufferPool buffers = new DefaultByteBufferPool(true, 16 * 1024 - 20, -1, 4);
        worker = Xnio.getInstance()
                .createWorker(OptionMap.builder()
                        .set(Options.WORKER_IO_THREADS, ioThreads)
                        .set(Options.THREAD_DAEMON, true)
                        .getMap());
        pool = new UpstreamPool(worker, buffers, config, resolver, System::nanoTime, events);
        ProxyHandler proxy = ProxyHandler.builder()
                .setProxyClient(pool)
                .setMaxConnectionRetries(0)
                .build();
        server = Undertow.builder()
                .setWorker(worker)
                .setByteBufferPool(buffers)
                .setServerOption(UndertowOptions.ENABLE_HTTP2, true)
                .setServerOption(UndertowOptions.MAX_ENTITY_SIZE, -1L)
                .addHttpListener(0, "127.0.0.1")
                .setHandler(exchange -> {
                    exchanges.add(exchange);
                    Call call = new Call(exchange);
                    exchange.putAttachment(UpstreamCall.KEY, call);
                    exchange.addDefaultResponseListener(call::answerFailure);
                    proxy.handleRequest(exchange);
                })
                .build();
        server.start();
    }

    int port() {
        return ((InetSocketAddress) server.getListenerInfo().get(0).getAddress()).getPort();
    }

    HttpResponse<String> get(String path) throws Exception {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
                        .timeout(Duration.ofSeconds(10))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    HttpResponse<String> post(String path, String body) throws Exception {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
                        .timeout(Duration.ofSeconds(10))
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    Socket raw(String request) throws IOException {
        Socket socket = new Socket("127.0.0.1", port());
        socket.setSoTimeout(10_000);
        socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
        return socket;
    }

    /** Ends an exchange as the HTTP room does when its client has left. */
    void clientLeaves(int exchange) {
        HttpServerExchange leaving = exchanges.get(exchange);
        leaving.getIoThread().execute(() -> {
            IoUtils.safeClose(leaving.getConnection());
            leaving.endExchange();
        });
    }

    @Override
    public void close() {
        pool.close();
        server.stop();
        worker.shutdownNow();
    }

    private final class Call implements UpstreamCall {

        private final HttpServerExchange exchange;
        private UpstreamFailure failure;

        Call(HttpServerExchange exchange) {
            this.exchange = exchange;
            calls.incrementAndGet();
        }

        @Override
        public UpstreamGroup upstreams() {
            return group;
        }

        @Override
        public InetAddress client() {
            return exchange.getSourceAddress().getAddress();
        }

        @Override
        public ClientAddresses clientAddresses() {
            return new ClientAddresses(exchange.getSourceAddress(), exchange.getDestinationAddress());
        }

        @Override
        public String target() {
            String query = exchange.getQueryString();
            return exchange.getRequestURI() + (query.isEmpty() ? "" : "?" + query);
        }

        @Override
        public HeaderMap requestHeaders() {
            HeaderMap fields = new HeaderMap();
            for (HeaderValues field : exchange.getRequestHeaders()) {
                HttpString name = field.getHeaderName();
                if (upgrade() || !(name.equals(Headers.CONNECTION) || name.equals(Headers.UPGRADE))) {
                    fields.putAll(name, field);
                }
            }
            return fields;
        }

        @Override
        public boolean upgrade() {
            return "websocket".equals(exchange.getRequestHeaders().getFirst(Headers.UPGRADE));
        }

        @Override
        public Duration responseHeadTimeout() {
            return responseHeadTimeout;
        }

        @Override
        public void responseHead(ClientResponse response) {
            response.getResponseHeaders().put(new HttpString("X-Seen"), "yes");
            response.getResponseHeaders().remove(Headers.TRANSFER_ENCODING);
        }

        @Override
        public void switching(ClientConnection connection, UpstreamAddress upstream) {
            // ProxyHandler opens the tunnel here
        }

        @Override
        public void failed(UpstreamFailure kind, String upstream) {
            failure = kind;
            failures.add(kind);
        }

        boolean answerFailure(HttpServerExchange ended) {
            if (failure != null) {
                ended.setStatusCode(failure.status());
                ended.getResponseSender().send(failure.reason());
                return true;
            }
            return false;
        }
    }
}
