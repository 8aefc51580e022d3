package dev.tlsproxy;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A server behind the proxy, to which the proxy speaks HTTP/1.1. Immutable.
 *
 * <p>An {@code https} upstream's certificate is verified, with its host name, against the JVM's own trusted CAs; a CA of
 * your own is added with {@link #trust}.
 */
public final class Upstream {

    /** Schemes that say that the upstream speaks HTTP/2. */
    private static final Set<String> HTTP_2 = Set.of("h2", "h2c", "h2c-prior", "http2", "grpc", "grpcs");

    private final URI uri;
    private final List<Path> trusted;
    private final @Nullable ProxyProtocol proxyProtocol;

    private Upstream(URI uri, List<Path> trusted, @Nullable ProxyProtocol proxyProtocol) {
        this.uri = uri;
        this.trusted = List.copyOf(trusted);
        this.proxyProtocol = proxyProtocol;
    }

    /**
     * An upstream at a URI.
     *
     * @param uri {@code http://HOST[:PORT][/BASE]} or {@code https://HOST[:PORT][/BASE]}, the scheme in lower case, HOST of
     *     letters, digits, {@code -} and {@code .} or an IP address (IPv6 in brackets); the port defaults to 80 or 443, the
     *     base path is put before each request target. The host is resolved for each new connection
     * @return the upstream
     * @throws IllegalArgumentException when the URI is malformed or has another scheme, user info, a query or a fragment
     */
    public static Upstream of(String uri) {
        Objects.requireNonNull(uri, "uri");
        URI parsed;
        try {
            parsed = new URI(uri);
        } catch (URISyntaxException e) {
            throw refused(uri);
        }
        if (HTTP_2.contains(String.valueOf(parsed.getScheme()))) {
            throw new IllegalArgumentException(
                    "upstream: \"" + hidden(uri) + "\" (expected: http:// or https:// and a port where"
                            + " the server speaks HTTP/1.1; HTTP/2 to upstreams is not supported)");
        }
        boolean http = "http".equals(parsed.getScheme());
        boolean https = "https".equals(parsed.getScheme());
        if (!(http || https)
                || parsed.getHost() == null
                || parsed.getPort() == 0
                || parsed.getPort() > 65535
                || parsed.getRawUserInfo() != null
                || parsed.getRawQuery() != null
                || parsed.getRawFragment() != null) {
            throw refused(uri);
        }
        int port = parsed.getPort() >= 0 ? parsed.getPort() : https ? 443 : 80;
        String path = parsed.getRawPath().replaceAll("/+$", "");
        return new Upstream(
                URI.create(parsed.getScheme() + "://" + parsed.getHost() + ":" + port + path), List.of(), null);
    }

    /**
     * Trusts the CA certificates of a PEM file for this upstream, beside the JVM's own.
     *
     * @param pem a file of one or more PEM certificates, read at {@link TlsProxyBuilder#route(Route)}
     * @return a new upstream
     * @throws IllegalStateException for an {@code http} upstream
     */
    public Upstream trust(Path pem) {
        Objects.requireNonNull(pem, "pem");
        if (!isTls()) {
            throw new IllegalStateException("trust(" + pem + ") on upstream " + uri + " (expected: an https upstream)");
        }
        List<Path> all = new ArrayList<>(trusted);
        all.add(pem);
        return new Upstream(uri, all, proxyProtocol);
    }

    /**
     * Begins each connection to this upstream, before TLS, with a header of the PROXY protocol: the client's address and
     * port, and those it connected to. Without this call there is none. The upstream has to expect it.
     *
     * <p>The client is the one that the {@code X-Real-IP} field names: the peer, or whom a trusted PROXY header
     * ({@link TlsProxyBuilder#proxyProtocol}) or a trusted proxy's {@code X-Forwarded-For} tells of, the latter with port 0.
     * Where one of the two addresses is IPv4 and the other IPv6, both are written as IPv6. A connection carries requests of
     * the one client connection that its header tells of, and no others: there are more connections than without. Health
     * checks speak for the proxy itself: {@code LOCAL}, or in version 1 the addresses of their own connection.
     *
     * @param version the version of the header, in place of the one that is there
     * @return a new upstream
     */
    public Upstream proxyProtocol(ProxyProtocol version) {
        return new Upstream(uri, trusted, Objects.requireNonNull(version, "version"));
    }

    /**
     * Where the upstream is.
     *
     * @return its URI, always with a port, never with a slash at the end
     */
    public URI uri() {
        return uri;
    }

    boolean isTls() {
        return uri.getScheme().equals("https");
    }

    List<Path> trusted() {
        return trusted;
    }

    @Nullable
    ProxyProtocol proxyProtocol() {
        return proxyProtocol;
    }

    @Override
    public String toString() {
        return uri.toString();
    }

    private static IllegalArgumentException refused(String uri) {
        return new IllegalArgumentException("upstream: \"" + hidden(uri)
                + "\" (expected: http://HOST[:PORT][/BASE] or https://HOST[:PORT][/BASE])");
    }

    /** Without what may be a password. */
    private static String hidden(String uri) {
        return uri.replaceAll("//.*@", "//...@");
    }
}
