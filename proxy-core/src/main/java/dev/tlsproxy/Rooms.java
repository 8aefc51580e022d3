package dev.tlsproxy;

import dev.tlsproxy.internal.http.InFlight;
import dev.tlsproxy.internal.http.PipelineConfig;
import dev.tlsproxy.internal.http.RequestPipeline;
import dev.tlsproxy.internal.http.Tunnels;
import dev.tlsproxy.internal.listen.Door;
import dev.tlsproxy.internal.listen.HttpListener;
import dev.tlsproxy.internal.listen.HttpsListener;
import dev.tlsproxy.internal.listen.ListenConfig;
import dev.tlsproxy.internal.tls.CertificateTable;
import dev.tlsproxy.internal.tls.ChallengeTable;
import dev.tlsproxy.internal.tls.LibraryLogs;
import dev.tlsproxy.internal.tls.ServerTlsContext;
import dev.tlsproxy.internal.tls.TlsSelfTest;
import dev.tlsproxy.internal.upstream.UpstreamPool;
import dev.tlsproxy.internal.upstream.UpstreamPoolConfig;
import dev.tlsproxy.internal.upstream.UpstreamResolver;
import dev.tlsproxy.spi.CertifiedKey;
import io.undertow.connector.ByteBufferPool;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.xnio.XnioWorker;

/** The rooms of a proxy, open, and what they serve at present. */
final class Rooms implements AutoCloseable {

    private final ProxyConfig config;
    private final Opened opened;
    private final XnioWorker worker;
    private final CertificateTable certificates = new CertificateTable();
    private final ChallengeTable challenges = new ChallengeTable();
    private final InFlight inFlight = new InFlight(System::nanoTime);
    private final Tunnels tunnels = new Tunnels(System::nanoTime);
    private final Deployments deployments;
    private final CertificateManagers managers;
    private final UpstreamPool pool;
    private final RequestPipeline pipeline;
    private final HttpsListener https;
    private final Optional<HttpListener> http;
    private final ProxyAddresses addresses;
    private final WarmUp warmUp;
    private volatile int httpsPort;
    private volatile Live live;

    /**
     * Opens everything.
     *
     * @throws ProxyStartException when something can't be opened; nothing is left open then
     */
    static Rooms open(ProxyConfig config) {
        Opened opened = new Opened();
        LibraryLogs.Silence silence = opened.add(LibraryLogs.silence(), LibraryLogs.Silence::close);
        try {
            return new Rooms(config, opened);
        } catch (RuntimeException e) {
            opened.close();
            throw e;
        } finally {
            silence.started();
        }
    }

    /** Ports before the store, so that a port in use changes nothing on disk; certificates before the first client. */
    private Rooms(ProxyConfig config, Opened opened) {
        this.config = config;
        this.opened = opened;
        this.live = Live.first(config);
        this.deployments =
                new Deployments(certificates, config.events(), live.names().all(), live.served());
        opened.add(Workers.prepare(), Thread::join);
        TlsSelfTest selfTest = opened.add(TlsSelfTest.begin(config.tls().toConfig()), TlsSelfTest::close);
        ServerTlsContext tls = newTls();
        // Buffers before threads: connections still use them while the threads end.
        ByteBufferPool buffers = opened.add(Workers.buffers(), ByteBufferPool::close);
        this.worker = opened.add(Workers.create(config.ioThreads()), Workers::end);
        this.pool = opened.add(newPool(worker, buffers), UpstreamPool::close);
        this.pipeline = newPipeline();
        ListenConfig listen = ListenConfig.of(
                config.timeouts().handshake(),
                config.timeouts().requestHead(),
                config.timeouts().keepAlive());
        Door door = newDoor();
        this.https = opened.add(
                new HttpsListener(worker, buffers, tls, pipeline, listen, door, config.events()), HttpsListener::close);
        InetSocketAddress httpsAddress = bound("https", config.https(), https::bind);
        this.httpsPort = httpsAddress.getPort();
        this.http = config.http()
                .map(address -> opened.add(
                        new HttpListener(worker, buffers, challenges, this::publicHttpsPort, listen, door),
                        HttpListener::close));
        this.addresses = new ProxyAddresses(
                httpsAddress, http.map(plain -> bound("http", config.http().orElseThrow(), plain::bind)));
        this.managers =
                opened.add(new CertificateManagers(config, deployments, challenges), CertificateManagers::close);
        serveCertificates();
        pool.retain(live.entries().groups());
        await(selfTest);
        https.startAccepting();
        http.ifPresent(HttpListener::startAccepting);
        this.warmUp = opened.add(
                WarmUp.begin(config.warmUp(), () -> door.hasHandshakes() || inFlight.running() > 0), WarmUp::close);
    }

    private Door newDoor() {
        return new Door(new Door.Config(
                config.limits().connections(),
                config.limits().connectionsPerClient(),
                config.limits().handshakes(),
                client -> live.serving().forwarded().toConfig().trustedProxies().stream()
                        .anyMatch(network -> network.contains(client)),
                config.proxyProtocol(),
                config.timeouts().handshake(),
                config.events()));
    }

    private ServerTlsContext newTls() {
        return new ServerTlsContext(
                config.tls().toConfig(),
                certificates,
                challenges,
                OnDemand.of(config, name -> live.routes().servesByPattern(name) && !deployments.isClosed()));
    }

    /** No client is served before it has passed. */
    private static void await(TlsSelfTest selfTest) {
        try {
            selfTest.await();
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
                System::nanoTime,
                config.events());
    }

    private RequestPipeline newPipeline() {
        Serving serving = live.serving();
        return new RequestPipeline(
                new PipelineConfig(
                        live.routes(),
                        serving.forwarded().toConfig(),
                        this::publicHttpsPort,
                        this::certificateShownCovers,
                        serving.bodyIdle(),
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
        live.serving().certificates().forEach(deployments::deployOwn);
        try {
            managers.serve(live.names());
        } catch (IllegalStateException e) {
            throw new ProxyStartException(Objects.requireNonNull(e.getMessage()), Objects.requireNonNull(e.getCause()));
        }
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

    private interface Binding {
        InetSocketAddress bind(InetSocketAddress address) throws IOException;
    }

    int publicHttpsPort() {
        return config.publicHttpsPort().orElse(httpsPort);
    }

    ProxyAddresses addresses() {
        return addresses;
    }

    WarmUp warmUp() {
        return warmUp;
    }

    Deployments deployments() {
        return deployments;
    }

    CertificateManagers managers() {
        return managers;
    }

    InFlight inFlight() {
        return inFlight;
    }

    Tunnels tunnels() {
        return tunnels;
    }

    HttpsListener https() {
        return https;
    }

    Live live() {
        return live;
    }

    /** New exchanges and handshakes go by it from now on. */
    void swap(Live next) {
        live = next;
        pipeline.change(
                next.routes(),
                next.serving().forwarded().toConfig(),
                next.serving().bodyIdle());
        pool.retain(next.entries().groups());
    }

    /** Runs a task on an I/O thread, unless the proxy is closed before. */
    void later(Duration delay, Runnable task) {
        try {
            var unused = worker.getIoThread().executeAfter(task, delay.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            // the proxy is ending, and with it all that the task is for
        }
    }

    void stopAccepting() {
        https.stopAccepting();
        http.ifPresent(HttpListener::stopAccepting);
    }

    @Override
    public void close() {
        opened.close();
    }
}
