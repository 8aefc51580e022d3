package dev.tlsproxy.internal.http;

import dev.tlsproxy.internal.names.HostPattern;
import dev.tlsproxy.internal.upstream.UpstreamAddress;
import dev.tlsproxy.internal.upstream.UpstreamGroup;
import dev.tlsproxy.spi.ExchangeFilter;
import dev.tlsproxy.spi.ExchangeSummary;
import dev.tlsproxy.spi.NegotiatedTls;
import dev.tlsproxy.spi.ProxyEvents;
import dev.tlsproxy.spi.UpgradeHandler;
import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A pipeline behind a cleartext listener with the HTTPS listener's options, in front of a raw upstream. */
final class PipelineFixture implements AutoCloseable {

    final RawUpstream upstream = new RawUpstream();
    final InFlight inFlight = new InFlight(System::nanoTime);
    final BlockingQueue<ExchangeSummary> ended = new LinkedBlockingQueue<>();
    final List<RouteEntry> routes = new ArrayList<>();
    ForwardedConfig forwarded = new ForwardedConfig(List.of(), false);
    Duration bodyIdle = Duration.ofSeconds(60);
    ProxyEvents events = new ProxyEvents() {
        @Override
        public void exchangeEnded(ExchangeSummary exchange) {
            ended.add(exchange);
        }
    };
    boolean http2;
    final TestProxyClient proxyClient = new TestProxyClient();
    private Undertow server;

    PipelineFixture() throws IOException {}

    PipelineFixture route(String host, String prefix, ExchangeFilter... filters) {
        return route(host, prefix, false, -1, exchange -> UpgradeHandler.Decision.pass(), filters);
    }

    PipelineFixture route(
            String host,
            String prefix,
            boolean strip,
            long maxBody,
            UpgradeHandler upgrades,
            ExchangeFilter... filters) {
        return route(host, prefix, strip, maxBody, upgrades, upstream.port(), filters);
    }

    PipelineFixture route(
            String host,
            String prefix,
            boolean strip,
            long maxBody,
            UpgradeHandler upgrades,
            int port,
            ExchangeFilter... filters) {
        UpstreamGroup group =
                new UpstreamGroup(List.of(new UpstreamAddress(URI.create("http://127.0.0.1:" + port), null)));
        routes.add(new RouteEntry(
                HostPattern.parse(host).orElseThrow(),
                prefix,
                strip,
                group,
                Duration.ofSeconds(5),
                maxBody,
                List.of(filters),
                upgrades));
        return this;
    }

    PipelineFixture start() {
        PipelineConfig config = new PipelineConfig(
                RouteTable.of(routes),
                forwarded,
                () -> 8443,
                (serverName, host) -> host.endsWith("example.com"),
                bodyIdle,
                events,
                inFlight,
                new Tunnels(System::nanoTime),
                System::nanoTime);
        NegotiatedTls tls = new NegotiatedTls(
                "TLSv1.3", Optional.empty(), "TLS_AES_128_GCM_SHA256", Optional.empty(), Optional.of("a.example.com"));
        server = Undertow.builder()
                .addHttpListener(0, "127.0.0.1")
                .setIoThreads(1)
                .setWorkerThreads(1)
                // On a cleartext listener this also answers "Upgrade: h2c", which the HTTPS listener never does.
                .setServerOption(UndertowOptions.ENABLE_HTTP2, http2)
                .setServerOption(UndertowOptions.DECODE_URL, false)
                .setServerOption(UndertowOptions.ALLOW_UNESCAPED_CHARACTERS_IN_URL, true)
                .setServerOption(UndertowOptions.MAX_ENTITY_SIZE, -1L)
                .setServerOption(UndertowOptions.MAX_PARAMETERS, 10_000)
                .setServerOption(UndertowOptions.ALWAYS_SET_KEEP_ALIVE, false)
                .setHandler(new RequestPipeline(config, proxyClient, exchange -> tls))
                .build();
        server.start();
        return this;
    }

    Socket connect() throws IOException {
        InetSocketAddress address =
                (InetSocketAddress) server.getListenerInfo().get(0).getAddress();
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), address.getPort());
        socket.setSoTimeout(5_000);
        return socket;
    }

    /** Sends one request on a connection of its own and returns all bytes until the proxy closes or is silent for long. */
    String exchange(String request) throws IOException {
        try (Socket socket = connect()) {
            socket.getOutputStream().write(RawUpstream.bytes(request));
            return readResponse(socket);
        }
    }

    /** A head, and as many body bytes as its Content-Length says; without one, all bytes up to the end. */
    static String readResponse(Socket socket) throws IOException {
        String head = RawUpstream.readHead(socket.getInputStream());
        var length = java.util.regex.Pattern.compile("(?i)\r\nContent-Length: (\\d+)")
                .matcher(head);
        byte[] body = length.find()
                ? socket.getInputStream().readNBytes(Integer.parseInt(length.group(1)))
                : socket.getInputStream().readAllBytes();
        return head + new String(body, java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    ExchangeSummary summary() throws InterruptedException {
        ExchangeSummary summary = ended.poll(5, TimeUnit.SECONDS);
        if (summary == null) {
            throw new AssertionError("no exchange ended");
        }
        return summary;
    }

    @Override
    public void close() {
        if (server != null) {
            server.stop();
        }
        upstream.close();
    }
}
