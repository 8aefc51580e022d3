package dev.tlsproxy.internal.upstream;

import java.net.URI;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * One upstream of a route.
 *
 * @param uri {@code http} or {@code https}, a host, a port (always present here), and a base path that is put before the
 *     request target; never ends with a slash
 * @param tls verifies the upstream's certificate; null for {@code http}
 * @param proxyProtocol the header that each connection begins with; null for none
 */
public record UpstreamAddress(
        URI uri, @Nullable SSLContext tls, @Nullable ProxyHeaderVersion proxyProtocol) {

    /** One whose connections begin with TLS or HTTP. */
    public UpstreamAddress(URI uri, @Nullable SSLContext tls) {
        this(uri, tls, null);
    }
}
