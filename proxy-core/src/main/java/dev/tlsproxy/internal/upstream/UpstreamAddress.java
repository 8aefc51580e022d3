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
 */
public record UpstreamAddress(URI uri, @Nullable SSLContext tls) {}
