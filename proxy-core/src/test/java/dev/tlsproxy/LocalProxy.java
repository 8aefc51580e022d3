package dev.tlsproxy;

import dev.tlsproxy.internal.http.H2Client;
import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.ExchangeSummary;
import dev.tlsproxy.spi.ProxyEvents;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** A running proxy for one host, with verifying clients of it and the ends of its exchanges. */
final class LocalProxy implements AutoCloseable {

    static final String HOST = "api.localhost";
    static final InetSocketAddress ANY_PORT = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    final TlsProxy proxy;
    final BlockingQueue<ExchangeSummary> ended = new LinkedBlockingQueue<>();

    /** What ProxyEvents tells of upstreams. */
    final BlockingQueue<String> upstreams = new LinkedBlockingQueue<>();

    private LocalProxy(TlsProxyBuilder builder) {
        proxy = builder.events(new ProxyEvents() {
                    @Override
                    public void exchangeEnded(ExchangeSummary exchange) {
                        ended.add(exchange);
                    }

                    @Override
                    public void upstreamDown(String upstream, String reason) {
                        upstreams.add("down " + upstream + ": " + reason);
                    }

                    @Override
                    public void upstreamUp(String upstream, String reason) {
                        upstreams.add("up " + upstream + ": " + reason);
                    }
                })
                .build();
        proxy.start();
    }

    /** Without warm-up: some tests measure times, of threads too. */
    static TlsProxyBuilder builder() {
        return TlsProxy.builder()
                .https(ANY_PORT)
                .withoutHttp()
                .store(CertificateStore.inMemory())
                .warmUp(Duration.ZERO);
    }

    static LocalProxy to(String upstream) {
        return started(builder().route(HOST, upstream));
    }

    static LocalProxy started(TlsProxyBuilder builder) {
        return new LocalProxy(builder);
    }

    HttpClient client(HttpClient.Version version) {
        return HttpClient.newBuilder()
                .version(version)
                .sslContext(proxy.trustedSslContext())
                .connectTimeout(Duration.ofSeconds(10))
                .build();
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(proxy.uri(HOST) + path)).timeout(Duration.ofSeconds(20));
    }

    /** HTTP/1.1 by hand. */
    RawTlsClient http1() throws IOException {
        return RawTlsClient.connect(proxy, HOST);
    }

    /** HTTP/2 by hand. */
    H2Client http2() throws IOException {
        return new H2Client(RawTlsClient.connect(proxy, HOST, "h2").socket());
    }

    String authority() {
        return HOST + ":" + proxy.addresses().https().getPort();
    }

    /** The fields of a request, names and values in turn. */
    String[] fields(String method, String path) {
        return new String[] {":method", method, ":scheme", "https", ":path", path, ":authority", authority()};
    }

    @Override
    public void close() {
        proxy.close();
    }
}
