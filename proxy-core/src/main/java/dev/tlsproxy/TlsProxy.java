package dev.tlsproxy;

import dev.tlsproxy.internal.names.HostName;
import dev.tlsproxy.spi.CertificateStatus;
import java.net.URI;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * A TLS proxy inside this JVM: terminates HTTPS for its routes' hosts and passes requests on to their upstreams.
 *
 * <p>Started once and closed once. Safe for use by several threads. Several proxies may run side by side.
 */
public final class TlsProxy implements AutoCloseable {

    private static final Duration DRAIN = Duration.ofSeconds(10);

    private final ProxyConfig config;
    private @Nullable RunningProxy running;
    private boolean closed;

    TlsProxy(ProxyConfig config) {
        this.config = config;
    }

    /**
     * Begins the description of a proxy.
     *
     * @return a builder with the defaults
     */
    public static TlsProxyBuilder builder() {
        return new TlsProxyBuilder();
    }

    /**
     * Loads or makes certificates, proves that post-quantum key exchange works, and listens. Blocks for that, about a
     * second; never for a CA: certificates from one are obtained in the background, see {@link #awaitReady(Duration)}.
     *
     * @throws ProxyStartException when a port can't be bound, the store can't be used or the self-test fails; nothing is
     *     left open then
     * @throws IllegalStateException when it was started or closed before, or is closed from one of its events meanwhile
     */
    public synchronized void start() {
        if (closed || running != null) {
            throw new IllegalStateException(closed ? "proxy is closed (build a new one)" : "proxy is already started");
        }
        RunningProxy started = RunningProxy.start(config);
        if (closed) {
            started.close(Duration.ZERO);
            throw new IllegalStateException("proxy was closed during its start (build a new one)");
        }
        running = started;
    }

    /**
     * Where the proxy listens.
     *
     * @return the addresses, with real ports
     * @throws IllegalStateException when it is not running
     */
    public ProxyAddresses addresses() {
        return running().addresses();
    }

    /**
     * The URI under which clients reach a host.
     *
     * @param host a host name, also with Unicode labels, or an IP address
     * @return {@code https://HOST} with the port where it is not 443
     * @throws IllegalArgumentException when it is neither
     * @throws IllegalStateException when it is not running
     */
    public URI uri(String host) {
        String name = HostName.normalize(Objects.requireNonNull(host, "host"))
                .orElseThrow(() ->
                        new IllegalArgumentException("host: \"" + host + "\" (expected: a host name or IP address)"));
        int port = running().publicHttpsPort();
        return URI.create(
                "https://" + (name.indexOf(':') < 0 ? name : "[" + name + "]") + (port == 443 ? "" : ":" + port));
    }

    /**
     * Waits until every name has a certificate. Blocks for that.
     *
     * @param timeout how long to wait at most; nothing or less looks once
     * @throws ProxyNotReadyException when the time is over, the proxy is closed meanwhile or the thread is interrupted
     *     (its flag is kept); names those without a certificate
     * @throws IllegalStateException when it is not running
     */
    public void awaitReady(Duration timeout) {
        running().awaitReady(Optional.empty(), timeout);
    }

    /**
     * Waits until one name has a certificate. Blocks for that.
     *
     * @param name a host or pattern of a route
     * @param timeout as for {@link #awaitReady(Duration)}
     * @throws ProxyNotReadyException as for {@link #awaitReady(Duration)}
     * @throws IllegalArgumentException when no route has that name
     * @throws IllegalStateException when it is not running
     */
    public void awaitReady(String name, Duration timeout) {
        running().awaitReady(Optional.of(name), timeout);
    }

    /**
     * How it stands with the certificate of each name: those of the routes, those of own certificates, and those that
     * were obtained on demand.
     *
     * @return by host pattern or IP address; an immutable snapshot
     * @throws IllegalStateException when it is not running
     */
    public Map<String, CertificateStatus> certificates() {
        return running().statuses();
    }

    /**
     * A client context that trusts what this proxy serves: its local CA and the issuers of the certificates it was given,
     * beside the JVM's own trusted CAs. It really verifies, host names too where the client asks for it (as
     * {@code java.net.http.HttpClient} does), and offers X25519MLKEM768 first.
     *
     * <p>The local CA's root is replaced two years before it ends, and where another proxy on the same store made one: a
     * program that runs for years asks again, say when a handshake fails.
     *
     * @return a new context, with the issuers of now
     * @throws IllegalStateException when it is not running
     */
    public SSLContext trustedSslContext() {
        return running().trustedSslContext();
    }

    /**
     * The root certificate of the local CA, for clients of other kinds. May be another one later, as for
     * {@link #trustedSslContext}.
     *
     * @return the certificate; empty where no name needs the local CA
     * @throws IllegalStateException when it is not running
     */
    public Optional<X509Certificate> localCaCertificate() {
        return running().localCaCertificate();
    }

    /**
     * Stops listening, lets running exchanges end for up to 10 s, then cuts what is left; WebSocket tunnels are cut. Blocks
     * for that.
     * Afterwards no thread, port or file handle of the proxy is left. Does nothing more when called again, and nothing
     * when it was not started.
     *
     * <p>Blocks until then, except on a thread of the proxy itself, such as the one that tells an event: there it returns
     * at once, and the proxy closes in the background.
     */
    @Override
    public void close() {
        RunningProxy toClose;
        synchronized (this) {
            closed = true;
            toClose = running;
            running = null;
        }
        if (toClose == null) {
            return;
        }
        if (Workers.isOwnThread()) {
            Workers.inBackground(() -> toClose.close(DRAIN));
        } else {
            toClose.close(DRAIN);
        }
    }

    private synchronized RunningProxy running() {
        if (running == null) {
            throw new IllegalStateException(closed ? "proxy is closed" : "proxy is not started; call start()");
        }
        return running;
    }
}
