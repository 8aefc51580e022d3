package dev.tlsproxy;

import dev.tlsproxy.internal.names.HostName;
import dev.tlsproxy.spi.CertificateStatus;
import java.net.URI;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * A TLS proxy inside this JVM: terminates HTTPS for its routes' hosts and passes requests on to their upstreams.
 *
 * <p>Started once, {@linkplain #update updated} as often as wanted, and closed once. Safe for use by several threads. Several proxies may run side by side.
 */
public final class TlsProxy implements AutoCloseable {

    private static final Duration DRAIN = Duration.ofSeconds(10);
    private static final Duration MAX_DRAIN = Duration.ofDays(1);

    private final ProxyConfig config;
    private final ReentrantLock updating = new ReentrantLock();
    private @Nullable RunningProxy running;
    private boolean closed;

    TlsProxy(ProxyConfig config) {
        this.config = config;
    }

    /**
     * Begins on threads of its own what the first {@link #start} in this JVM waits for and no setting changes: classes, and
     * the proof that post-quantum key exchange works. For programs that do something else first, such as reading a command
     * line. Returns at once; never needed; the threads are daemons and end by themselves.
     */
    public static void prepare() {
        Workers.prepareEarly();
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
     * Waits until the JVM has compiled what serves clients, as far as {@link TlsProxyBuilder#warmUp} lets it; for what
     * sends many clients here at once, such as a load balancer. They are served before, only slower. Blocks for that.
     *
     * @param timeout how long to wait at most; nothing or less looks once
     * @return whether it has come to its end; false also when the proxy is closed meanwhile or the thread is interrupted
     *     (its flag is kept)
     * @throws IllegalStateException when the proxy is not running
     */
    public boolean awaitWarmUp(Duration timeout) {
        return running().awaitWarmUp(timeout);
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
     * Changes what this proxy serves, without a listener's restart: routes, upstreams, policies and certificates of your
     * own. Checked as a whole and then applied as a whole, or refused as a whole. New requests go by all of it from one
     * moment on; exchanges under way end as they began. A route that stays as it is keeps its tunnels and its upstreams'
     * connections. Where a route was removed or changed, its tunnels are asked to come to their end, see
     * {@link ProxyUpdate#drain}; those whose upstream and {@link Route#upgrades upgrade handler} it still has go on.
     *
     * <p>When this returns, a name that is new is served, unless a public CA has to sign for it first: wait for that with
     * {@link #awaitReady(String, Duration)}. Handshakes for a name that is gone are refused; clients already connected get
     * 404 for it.
     *
     * <p>Blocks for the certificate store, never for a CA. Updates run one after the other, and never beside the start or
     * the end.
     *
     * @param changes says what changes; called once, on this thread, and must not call this proxy's {@code update}
     * @return what came of it
     * @throws IllegalArgumentException when a value is wrong; nothing has changed then
     * @throws IllegalStateException when the whole can't be served, as for {@link TlsProxyBuilder#build}, or a certificate
     *     manager refuses its names; nothing has changed then. Also when the proxy is not running, or this is called on a
     *     thread of the proxy, such as the one that tells an event, or inside another update
     */
    public UpdateReport update(Consumer<ProxyUpdate> changes) {
        Objects.requireNonNull(changes, "changes");
        if (isBusy()) {
            throw new IllegalStateException(
                    "update(...) on a thread of the proxy or inside another update, which it would"
                            + " wait for (call it on a thread of your own)");
        }
        updating.lock();
        try {
            return running().update(changes);
        } finally {
            updating.unlock();
        }
    }

    /**
     * As {@link #close(Duration)} with 10 s.
     *
     * <p>Blocks until then, except on a thread of the proxy itself, such as the one that tells an event, and inside an
     * update: there it returns at once, and the proxy closes in the background.
     */
    @Override
    public void close() {
        RunningProxy toClose = takeRunning();
        if (toClose == null) {
            return;
        }
        if (isBusy()) {
            var unused = Workers.inBackground("closing", () -> end(toClose, DRAIN));
        } else {
            end(toClose, DRAIN);
        }
    }

    /**
     * Stops listening and lets what is under way come to its end; what is not over in time is cut. HTTP/1.1 responses end
     * their connection, HTTP/2 clients get GOAWAY and may finish their streams (RFC 9113 section 6.8), connections without
     * a request are closed at once; tunnels are asked to come to their end. Returns as soon as all is over, and waits for
     * an update that runs first.
     *
     * <p>Afterwards no thread, port or file handle of the proxy is left. Does nothing more when called again, and nothing
     * when it was not started.
     *
     * @param drain how long to wait at most, 0 to 1 day; 0 cuts at once
     * @return what ended in time and what was cut; nothing at all when it was not running
     * @throws IllegalArgumentException when out of range
     * @throws IllegalStateException on a thread of the proxy itself or inside an update, which it would wait for
     */
    public CloseReport close(Duration drain) {
        if (drain.isNegative() || drain.compareTo(MAX_DRAIN) > 0) {
            throw new IllegalArgumentException("drain: " + drain + " (expected: PT0S..PT24H)");
        }
        if (isBusy()) {
            throw new IllegalStateException(
                    "close(" + drain + ") on a thread of the proxy or inside an update, which it"
                            + " would wait for (call close(), which returns at once there)");
        }
        RunningProxy toClose = takeRunning();
        return toClose == null ? CloseReport.NOTHING : end(toClose, drain);
    }

    private boolean isBusy() {
        return Workers.isOwnThread() || updating.isHeldByCurrentThread();
    }

    private synchronized @Nullable RunningProxy takeRunning() {
        RunningProxy taken = running;
        closed = true;
        running = null;
        return taken;
    }

    /** After an update that runs. */
    private CloseReport end(RunningProxy toClose, Duration drain) {
        updating.lock();
        try {
            return toClose.close(drain);
        } finally {
            updating.unlock();
        }
    }

    private synchronized RunningProxy running() {
        if (running == null) {
            throw new IllegalStateException(closed ? "proxy is closed" : "proxy is not started; call start()");
        }
        return running;
    }
}
