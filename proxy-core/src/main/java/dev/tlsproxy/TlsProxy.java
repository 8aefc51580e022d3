package dev.tlsproxy;

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
     * @throws IllegalStateException when it was started or closed before
     */
    public synchronized void start() {
        if (closed || running != null) {
            throw new IllegalStateException(closed ? "proxy is closed (build a new one)" : "proxy is already started");
        }
        running = RunningProxy.start(config);
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
     * @param host a host name
     * @return {@code https://HOST} with the port where it is not 443
     * @throws IllegalStateException when it is not running
     */
    public URI uri(String host) {
        Objects.requireNonNull(host, "host");
        int port = running().publicHttpsPort();
        return URI.create("https://" + host + (port == 443 ? "" : ":" + port));
    }

    /**
     * Waits until every name has a certificate.
     *
     * @param timeout how long to wait at most
     * @throws ProxyNotReadyException when the time is over, the proxy is closed meanwhile or the thread is interrupted
     *     (its flag is kept); names those without a certificate
     * @throws IllegalStateException when it is not running
     */
    public void awaitReady(Duration timeout) {
        running().awaitReady(Optional.empty(), timeout);
    }

    /**
     * Waits until one name has a certificate.
     *
     * @param name a host or pattern of a route
     * @param timeout how long to wait at most
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
     * @return a context for this proxy's life
     * @throws IllegalStateException when it is not running
     */
    public SSLContext trustedSslContext() {
        return running().trustedSslContext();
    }

    /**
     * The root certificate of the local CA, for clients of other kinds.
     *
     * @return the certificate; empty where no name needs the local CA
     * @throws IllegalStateException when it is not running
     */
    public Optional<X509Certificate> localCaCertificate() {
        return running().localCaCertificate();
    }

    /**
     * Stops listening, lets running exchanges end for up to 10 s, then cuts what is left; WebSocket tunnels are cut.
     * Afterwards no thread, port or file handle of the proxy is left. Does nothing more when called again, and nothing
     * when it was not started.
     */
    @Override
    public void close() {
        RunningProxy toClose;
        synchronized (this) {
            closed = true;
            toClose = running;
            running = null;
        }
        if (toClose != null) {
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
