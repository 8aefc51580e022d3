package outside;

import com.sun.net.httpserver.HttpServer;
import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.spi.CertificateStore;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** The JDK's HTTP server with the proxy in front of it, in one JVM. */
final class SecureHello implements AutoCloseable {

    private final HttpServer upstream;
    private final TlsProxy proxy;

    private SecureHello(HttpServer upstream, TlsProxy proxy) {
        this.upstream = upstream;
        this.proxy = proxy;
    }

    static SecureHello start() throws IOException {
        HttpServer upstream = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        upstream.createContext("/", exchange -> {
            byte[] body = "hello".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        upstream.start();
        TlsProxy proxy = TlsProxy.builder()
                .route("localhost", "http://127.0.0.1:" + upstream.getAddress().getPort())
                .https(new InetSocketAddress("127.0.0.1", 0))
                .withoutHttp()
                .store(CertificateStore.inMemory())
                .build();
        try {
            proxy.start();
        } catch (RuntimeException e) {
            upstream.stop(0);
            throw e;
        }
        return new SecureHello(upstream, proxy);
    }

    TlsProxy proxy() {
        return proxy;
    }

    @Override
    public void close() {
        proxy.close();
        upstream.stop(0);
    }
}
