package dev.tlsproxy;

import dev.tlsproxy.internal.http.InFlight;
import dev.tlsproxy.internal.http.PipelineConfig;
import dev.tlsproxy.internal.http.RequestPipeline;
import dev.tlsproxy.internal.http.RouteTable;
import dev.tlsproxy.internal.http.Tunnels;
import dev.tlsproxy.internal.listen.HttpListener;
import dev.tlsproxy.internal.listen.HttpsListener;
import dev.tlsproxy.internal.listen.ListenConfig;
import dev.tlsproxy.internal.names.HostPattern;
import dev.tlsproxy.internal.tls.CertificateTable;
import dev.tlsproxy.internal.tls.ChallengeTable;
import dev.tlsproxy.internal.tls.ClientTls;
import dev.tlsproxy.internal.tls.LibraryLogs;
import dev.tlsproxy.internal.tls.LocalCa;
import dev.tlsproxy.internal.tls.ServerTlsContext;
import dev.tlsproxy.internal.tls.TlsSelfTest;
import dev.tlsproxy.internal.upstream.UpstreamPool;
import dev.tlsproxy.internal.upstream.UpstreamPoolConfig;
import dev.tlsproxy.internal.upstream.UpstreamResolver;
import dev.tlsproxy.spi.CertificateManager;
import dev.tlsproxy.spi.CertificateStatus;
import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.spi.Tunnel;
import io.undertow.connector.ByteBufferPool;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.XnioWorker;

/**
 * A proxy that listens. Opens the rooms in the order data passes through them, and closes them in reverse; what was
 * opened is closed again when a later step fails.
 */
final class RunningProxy {

    private static final Logger log = LoggerFactory.getLogger(RunningProxy.class);

    private final ProxyConfig config;
    private final ServedNames names;
    private final CertificateTable certificates = new CertificateTable();
    private final ChallengeTable challenges = new ChallengeTable();
    private final InFlight inFlight = new InFlight(System::nanoTime);
    private final Tunnels tunnels = new Tunnels(System::nanoTime);
    private final Deployments deployments;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private @Nullable HttpsListener https;
    private @Nullable HttpListener http;
    private @Nullable LocalCa localCa;
    private @Nullable ProxyAddresses addresses;

    private RunningProxy(ProxyConfig config) {
        this.config = config;
        this.names = ServedNames.of(config);
        this.deployments = new Deployments(certificates, config.events(), names.all());
    }

    /**
     * Opens everything.
     *
     * @throws ProxyStartException when something can't be opened; nothing is left open then
     */
    static RunningProxy start(ProxyConfig config) {
        RunningProxy proxy = new RunningProxy(config);
        LibraryLogs.Silence silence = LibraryLogs.silence();
        proxy.opened.push(silence);
        try {
            proxy.open();
            return proxy;
        } catch (RuntimeException e) {
            proxy.closeOpened();
            throw e;
        } finally {
            silence.started();
        }
    }

    /** Ports before the store, so that a port in use changes nothing on disk; certificates before the first client. */
    private void open() {
        // Buffers before threads: connections still use them while the threads end.
        ByteBufferPool buffers = opened(Workers.buffers(), ByteBufferPool::close);
        XnioWorker worker = opened(Workers.create(config.ioThreads()), Workers::end);
        RouteTable routes = RouteTable.of(RouteEntries.of(config));
        ServerTlsContext tls = testedTls(routes);
        UpstreamPool pool = opened(newPool(worker, buffers), UpstreamPool::close);
        ListenConfig listen = ListenConfig.of(
                config.timeouts().handshake(),
                config.timeouts().requestHead(),
                config.timeouts().keepAlive());
        HttpsListener httpsListener = opened(
                new HttpsListener(worker, buffers, tls, newPipeline(pool, routes), listen, config.events()),
                HttpsListener::close);
        this.https = httpsListener;
        InetSocketAddress httpsAddress = bound("https", config.https(), httpsListener::bind);
        Optional<InetSocketAddress> httpAddress = Optional.empty();
        if (config.http().isPresent()) {
            HttpListener httpListener = opened(
                    new HttpListener(worker, buffers, challenges, this::publicHttpsPort, listen), HttpListener::close);
            this.http = httpListener;
            httpAddress = Optional.of(bound("http", config.http().get(), httpListener::bind));
        }
        addresses = new ProxyAddresses(httpsAddress, httpAddress);
        serveCertificates();
        httpsListener.startAccepting();
        if (http != null) {
            http.startAccepting();
        }
    }

    private ServerTlsContext testedTls(RouteTable routes) {
        ServerTlsContext tls = new ServerTlsContext(
                config.tls().toConfig(),
                certificates,
                challenges,
                OnDemand.of(config, name -> routes.servesByPattern(name) && !deployments.isClosed()));
        try {
            TlsSelfTest.run(tls, config.clock().instant());
            return tls;
        } catch (IllegalStateException e) {
            throw new ProxyStartException(Objects.requireNonNull(e.getMessage()), e);
        }
    }

    private UpstreamPool newPool(XnioWorker worker, ByteBufferPool buffers) {
        UpstreamPoolConfig defaults = UpstreamPoolConfig.defaults();
        return new UpstreamPool(
                worker,
                buffers,
                new UpstreamPoolConfig(
                        config.timeouts().connect(),
                        config.timeouts().upstreamIdle(),
                        defaults.maxConnections(),
                        defaults.maxQueue(),
                        defaults.maxQueueTime()),
                UpstreamResolver.SYSTEM,
                System::nanoTime);
    }

    private RequestPipeline newPipeline(UpstreamPool pool, RouteTable routes) {
        return new RequestPipeline(
                new PipelineConfig(
                        routes,
                        config.forwarded().toConfig(),
                        this::publicHttpsPort,
                        this::certificateShownCovers,
                        config.timeouts().bodyIdle(),
                        config.events(),
                        inFlight,
                        tunnels,
                        System::nanoTime),
                pool);
    }

    /** Whether the certificate shown to a client that named a server (empty text: none) is also for a host. */
    private boolean certificateShownCovers(String serverName, String host) {
        Optional<CertifiedKey> shown = serverName.isEmpty() ? certificates.find(host) : certificates.find(serverName);
        return shown.or(() -> config.tls().defaultName().flatMap(certificates::find))
                .filter(key -> Deployments.covers(key, host))
                .isPresent();
    }

    private void serveCertificates() {
        config.certificates().forEach(deployments::deployOwn);
        boolean managed = !names.managed().isEmpty() || OnDemand.isServed(config);
        if (names.local().isEmpty() && !managed) {
            return;
        }
        requireUsable(config.store());
        if (!names.local().isEmpty()) {
            localCa = new LocalCa(config.clock(), new SecureRandom());
            startManager(localCa, names.local());
        }
        if (managed) {
            startManager(config.acme().orElseThrow(), names.managed());
        }
    }

    private void startManager(CertificateManager manager, Set<String> managed) {
        opened.push(manager);
        try {
            manager.start(new ManagerContext(managed, config.store(), deployments, challenges));
        } catch (RuntimeException e) {
            throw new ProxyStartException("certificates for " + managed + ": " + e.getMessage(), e);
        }
    }

    ProxyAddresses addresses() {
        return Objects.requireNonNull(addresses, "addresses");
    }

    int publicHttpsPort() {
        return config.publicHttpsPort().orElseGet(() -> addresses().https().getPort());
    }

    void awaitReady(Optional<String> name, Duration timeout) {
        deployments.awaitReady(name.isPresent() ? Set.of(known(name.get())) : names.all(), timeout);
    }

    Map<String, CertificateStatus> statuses() {
        return deployments.statuses();
    }

    SSLContext trustedSslContext() {
        Set<X509Certificate> issuers = new LinkedHashSet<>();
        localCaCertificate().ifPresent(issuers::add);
        for (CertifiedKey key : config.certificates().values()) {
            issuers.add(key.chain().get(key.chain().size() - 1));
        }
        return ClientTls.trusting(issuers);
    }

    Optional<X509Certificate> localCaCertificate() {
        return Optional.ofNullable(localCa).map(LocalCa::root);
    }

    void close(Duration drain) {
        if (https != null) {
            https.stopAccepting();
        }
        if (http != null) {
            http.stopAccepting();
        }
        deployments.close();
        inFlight.drain();
        try {
            drain(drain);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        tunnels.cut(route -> true);
        closeOpened();
    }

    /** Exchanges and tunnels have the same time. */
    private void drain(Duration within) throws InterruptedException {
        if (within.isNegative() || within.isZero()) {
            return;
        }
        long begun = System.nanoTime();
        tunnels.drain(route -> true, Tunnel.DrainReason.PROXY_CLOSES, within);
        inFlight.awaitIdle(within);
        tunnels.awaitNone(route -> true, within.minusNanos(System.nanoTime() - begun));
    }

    private void closeOpened() {
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception e) {
                log.warn("closing a part of the proxy failed", e);
            }
        }
    }

    private String known(String name) {
        return HostPattern.parse(name)
                .map(HostPattern::text)
                .filter(names.all()::contains)
                .orElseThrow(() ->
                        new IllegalArgumentException("name: \"" + name + "\" (expected: one of " + names.all() + ")"));
    }

    private <T> T opened(T part, Closing<T> closing) {
        opened.push(() -> closing.close(part));
        return part;
    }

    private interface Closing<T> {
        void close(T part) throws Exception;
    }

    private interface Binding {
        InetSocketAddress bind(InetSocketAddress address) throws IOException;
    }

    private static InetSocketAddress bound(String listener, InetSocketAddress address, Binding binding) {
        try {
            return binding.bind(address);
        } catch (IOException e) {
            throw new ProxyStartException(
                    listener + " listener: can't bind " + address.getAddress().getHostAddress() + ":"
                            + address.getPort() + ": " + e.getMessage()
                            + " (choose another address, or end the program that uses it)",
                    e);
        }
    }

    private static void requireUsable(CertificateStore store) {
        try {
            store.probe();
        } catch (IOException e) {
            throw new ProxyStartException("certificate store: " + e.getMessage(), e);
        }
    }
}
