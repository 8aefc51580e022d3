package dev.tlsproxy.internal.upstream;

import java.net.URI;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * One upstream of a route.
 *
 * @param uri {@code http}, {@code https}, {@code h2c} or {@code h2}, a host, a port (always present here), and a base path that is put before the
 *     request target; never ends with a slash
 * @param tls verifies the upstream's certificate; null without TLS
 * @param proxyProtocol the header that each connection begins with; null for none
 */
public record UpstreamAddress(
        URI uri, @Nullable SSLContext tls, @Nullable ProxyHeaderVersion proxyProtocol) {

    /** One whose connections begin with TLS or HTTP. */
    public UpstreamAddress(URI uri, @Nullable SSLContext tls) {
        this(uri, tls, null);
    }

    /** Whether HTTP/2 is spoken on its connections; else HTTP/1.1. */
    boolean http2() {
        return uri.getScheme().startsWith("h2");
    }
}
