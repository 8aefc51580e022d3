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
 * A server behind the proxy. Immutable. The scheme of its URI says what the proxy speaks to it, whatever the client speaks:
 *
 * <ul>
 *   <li>{@code http} and {@code https}: HTTP/1.1;
 *   <li>{@code h2c}: HTTP/2 without TLS and without a question before (RFC 9113 section 3.3), as most gRPC servers have it;
 *   <li>{@code h2}: HTTP/2 over TLS; an upstream that does not choose {@code h2} by ALPN fails the handshake.
 * </ul>
 *
 * <p>The requests of many clients share an HTTP/2 connection. WebSocket needs an upstream of HTTP/1.1: an upgrade that comes to
 * another is answered with 501.
 *
 * <p>The certificate of an {@code https} or {@code h2} upstream is verified, with its host name, against the JVM's own trusted CAs; a CA of
 * your own is added with {@link #trust}.
 */
public final class Upstream {

    private static final Set<String> TLS = Set.of("https", "h2");
    private static final Set<String> PLAIN = Set.of("http", "h2c");

    /** What else is called a scheme of HTTP/2. */
    private static final Set<String> NEARLY_HTTP_2 = Set.of("h2c-prior", "http2", "grpc", "grpcs");

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
     * @param uri {@code SCHEME://HOST[:PORT][/BASE]}, the scheme {@code http}, {@code https}, {@code h2c} or {@code h2}, HOST of
     *     letters, digits, {@code -} and {@code .} or an IP address (IPv6 in brackets); the port defaults to 80, or to 443 with TLS, the
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
        String scheme = String.valueOf(parsed.getScheme());
        if (NEARLY_HTTP_2.contains(scheme)) {
            throw new IllegalArgumentException("upstream: \"" + hidden(uri)
                    + "\" (expected: h2c:// for HTTP/2 without TLS, as most gRPC servers have it, or h2:// with TLS)");
        }
        boolean tls = TLS.contains(scheme);
        if (!(tls || PLAIN.contains(scheme))
                || parsed.getHost() == null
                || parsed.getPort() == 0
                || parsed.getPort() > 65535
                || parsed.getRawUserInfo() != null
                || parsed.getRawQuery() != null
                || parsed.getRawFragment() != null) {
            throw refused(uri);
        }
        int port = parsed.getPort() >= 0 ? parsed.getPort() : tls ? 443 : 80;
        String path = parsed.getRawPath().replaceAll("/+$", "");
        return new Upstream(URI.create(scheme + "://" + parsed.getHost() + ":" + port + path), List.of(), null);
    }

    /**
     * Trusts the CA certificates of a PEM file for this upstream, beside the JVM's own.
     *
     * @param pem a file of one or more PEM certificates, read at {@link TlsProxyBuilder#route(Route)}
     * @return a new upstream
     * @throws IllegalStateException for an upstream without TLS
     */
    public Upstream trust(Path pem) {
        Objects.requireNonNull(pem, "pem");
        if (!isTls()) {
            throw new IllegalStateException(
                    "trust(" + pem + ") on upstream " + uri + " (expected: an https or h2 upstream)");
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
     * @throws IllegalStateException for an upstream of HTTP/2, where the requests of many clients share a connection
     */
    public Upstream proxyProtocol(ProxyProtocol version) {
        Objects.requireNonNull(version, "version");
        if (uri.getScheme().startsWith("h2")) {
            throw new IllegalStateException("proxyProtocol(" + version + ") on upstream " + uri
                    + " (expected: an http or https upstream, as requests of many clients share an HTTP/2 connection)");
        }
        return new Upstream(uri, trusted, version);
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
        return TLS.contains(uri.getScheme());
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
                + "\" (expected: http://HOST[:PORT][/BASE], or https://, h2c:// or h2:// in place of http://)");
    }

    /** Without what may be a password. */
    private static String hidden(String uri) {
        return uri.replaceAll("//.*@", "//...@");
    }
}
