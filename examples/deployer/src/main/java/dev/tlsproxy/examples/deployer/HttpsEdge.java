package dev.tlsproxy.examples.deployer;

import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.TlsProxyBuilder;
import dev.tlsproxy.spi.CertificateStore;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import javax.net.ssl.SSLContext;

/** HTTPS in front of an environment's services, in this JVM. */
public final class HttpsEdge implements AutoCloseable {

    private final TlsProxy proxy;

    private HttpsEdge(TlsProxy proxy) {
        this.proxy = proxy;
    }

    /**
     * Opens the edge of a deployment.
     *
     * @param environment what is deployed
     * @param certificates the directory where certificates are kept
     * @param https where to listen for HTTPS
     * @param http where to listen for HTTP
     * @return the edge, listening
     */
    public static HttpsEdge open(
            Environment environment, Path certificates, InetSocketAddress https, InetSocketAddress http) {
        return start(
                environment, TlsProxy.builder().store(certificates).https(https).http(http));
    }

    /**
     * Opens an edge for a test: on free ports of 127.0.0.1, with nothing on disk.
     *
     * @param environment what is deployed
     * @return the edge, listening
     */
    public static HttpsEdge forTest(Environment environment) {
        InetSocketAddress free = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        return start(
                environment,
                TlsProxy.builder()
                        .store(CertificateStore.inMemory())
                        .https(free)
                        .http(free));
    }

    private static HttpsEdge start(Environment environment, TlsProxyBuilder builder) {
        for (Environment.Service service : environment.proxied()) {
            builder.route(service.domain(), service.upstream());
        }
        TlsProxy proxy = builder.build();
        proxy.start();
        return new HttpsEdge(proxy);
    }

    /**
     * Where clients reach a service.
     *
     * @param service a service with the proxy in front of it
     * @return {@code https://DOMAIN}, with the port where it is not 443
     */
    public URI uri(Environment.Service service) {
        return proxy.uri(service.domain());
    }

    /**
     * The port of the HTTP listener, which redirects.
     *
     * @return the port
     */
    public int httpPort() {
        return proxy.addresses().http().orElseThrow().getPort();
    }

    /**
     * A context for a client that verifies.
     *
     * @return the context
     */
    public SSLContext trustedSslContext() {
        return proxy.trustedSslContext();
    }

    @Override
    public void close() {
        proxy.close();
    }
}
