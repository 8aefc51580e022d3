package dev.tlsproxy;

import dev.tlsproxy.internal.names.Cidr;
import dev.tlsproxy.internal.store.FileCertificateStore;
import dev.tlsproxy.spi.CertificateManager;
import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.ExchangeFilter;
import dev.tlsproxy.spi.ProxyEvents;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Describes a {@link TlsProxy}. A wrong value or a clash is refused at the call, a gap at {@link #build}. Not for use by
 * several threads at once; may build several proxies.
 */
public final class TlsProxyBuilder {

    private static final Duration MAX_WARM_UP = Duration.ofMinutes(5);

    private final ServingDraft serving = new ServingDraft();
    private final ListenerAddresses listeners = new ListenerAddresses();
    private @Nullable CertificateStore store;
    private @Nullable CertificateManager acme;
    private TlsPolicy tls = TlsPolicy.defaults();
    private Timeouts timeouts = Timeouts.defaults();
    private Limits limits = Limits.defaults();
    private final List<Cidr> proxyProtocol = new ArrayList<>();
    private ProxyEvents events = new ProxyEvents() {};
    private Clock clock = Clock.systemUTC();
    private @Nullable Integer ioThreads;
    private Duration warmUp = Duration.ofSeconds(5);

    TlsProxyBuilder() {}

    /**
     * Adds a route.
     *
     * @param pattern host with optional path prefix, as for {@link Route#of}
     * @param upstreams at least one URI, as for {@link Upstream#of}
     * @return this
     * @throws IllegalArgumentException when the pattern or a URI is malformed
     * @throws IllegalStateException when there is a route for that pattern, or no URI is given
     */
    public TlsProxyBuilder route(String pattern, String... upstreams) {
        return route(Route.of(pattern).to(upstreams));
    }

    /**
     * Adds a route.
     *
     * @param route a route with at least one upstream
     * @return this
     * @throws IllegalArgumentException when a CA file of an upstream can't be read
     * @throws IllegalStateException when there is a route for that pattern, or it has no upstream
     */
    public TlsProxyBuilder route(Route route) {
        serving.add(route);
        return this;
    }

    /**
     * Serves a certificate of your own for each name in it.
     *
     * @param chainPem a PEM file with the certificate and its intermediates, in any order
     * @param keyPem a PEM file with the unencrypted private key: PKCS#8, PKCS#1 or SEC1; may be the same file
     * @return this
     * @throws IllegalArgumentException when a file can't be read, the key does not match, or the certificate is not
     *     valid now
     * @throws IllegalStateException when one of its names has a certificate already
     */
    public TlsProxyBuilder certificate(Path chainPem, Path keyPem) {
        serving.certificates().add(chainPem, keyPem, clock.instant());
        return this;
    }

    /**
     * Serves a certificate of your own for one name.
     *
     * @param name a host, {@code *.HOST} or an IP address, which the certificate covers
     * @param chainPem as for {@link #certificate(Path, Path)}
     * @param keyPem as for {@link #certificate(Path, Path)}
     * @return this
     * @throws IllegalArgumentException as for {@link #certificate(Path, Path)}, or when the certificate does not cover
     *     the name
     * @throws IllegalStateException when the name has a certificate already
     */
    public TlsProxyBuilder certificate(String name, Path chainPem, Path keyPem) {
        serving.certificates().add(name, chainPem, keyPem, clock.instant());
        return this;
    }

    /**
     * Gets certificates from a public CA for every name of a route that was given none and that a public CA signs; for
     * the others ({@code localhost}, {@code *.local}, {@code *.internal}, IP addresses ...) the local CA signs.
     * Without this call the local CA signs for all.
     *
     * @param manager the certificate manager, such as {@code Acme.letsEncrypt()} of module proxy-acme
     * @return this
     * @throws IllegalStateException when it was called before
     */
    public TlsProxyBuilder acme(CertificateManager manager) {
        if (acme != null) {
            throw new IllegalStateException("acme was already set to " + acme);
        }
        acme = Objects.requireNonNull(manager, "manager");
        return this;
    }

    /**
     * Keeps certificates and the local CA's root in a directory, made at the start if it is not there (mode 0700).
     *
     * @param directory the directory; default {@code .tlsproxy} in the user's home
     * @return this
     * @throws IllegalArgumentException when the path is empty
     * @throws IllegalStateException when a store was set before
     */
    public TlsProxyBuilder store(Path directory) {
        return store(new FileCertificateStore(Objects.requireNonNull(directory, "directory")));
    }

    /**
     * Keeps certificates and the local CA's root in a store of your own.
     *
     * @param store the store; {@link CertificateStore#inMemory} is for tests
     * @return this
     * @throws IllegalStateException when a store was set before
     */
    public TlsProxyBuilder store(CertificateStore store) {
        if (this.store != null) {
            throw new IllegalStateException("store was already set to " + this.store);
        }
        this.store = Objects.requireNonNull(store, "store");
        return this;
    }

    /**
     * Sets the port of the HTTPS listener, on all addresses.
     *
     * @param port 0..65535, 0 for one that is free; default 443
     * @return this
     * @throws IllegalArgumentException when out of range
     * @throws IllegalStateException when it was set before
     */
    public TlsProxyBuilder httpsPort(int port) {
        return https(ListenerAddresses.allAddresses(port));
    }

    /**
     * Sets the address of the HTTPS listener.
     *
     * @param address address and port, 0 for one that is free
     * @return this
     * @throws IllegalArgumentException when its host could not be resolved
     * @throws IllegalStateException when it was set before
     */
    public TlsProxyBuilder https(InetSocketAddress address) {
        listeners.https(address);
        return this;
    }

    /**
     * Sets the port of the HTTP listener, on all addresses.
     *
     * @param port 0..65535, 0 for one that is free; default 80
     * @return this
     * @throws IllegalArgumentException when out of range
     * @throws IllegalStateException when it was set before
     */
    public TlsProxyBuilder httpPort(int port) {
        return http(ListenerAddresses.allAddresses(port));
    }

    /**
     * Sets the address of the HTTP listener, which redirects to HTTPS.
     *
     * @param address address and port, 0 for one that is free
     * @return this
     * @throws IllegalArgumentException when its host could not be resolved
     * @throws IllegalStateException when it was set before, or {@link #withoutHttp} was called
     */
    public TlsProxyBuilder http(InetSocketAddress address) {
        listeners.http(address);
        return this;
    }

    /**
     * Has no HTTP listener: no redirect, and no http-01 challenge.
     *
     * @return this
     * @throws IllegalStateException when the address of the HTTP listener was set
     */
    public TlsProxyBuilder withoutHttp() {
        listeners.withoutHttp();
        return this;
    }

    /**
     * Says on which port clients reach the HTTPS listener, where that is not the port it listens on (a container's port
     * mapping, a NAT). Redirects and {@code X-Forwarded-Port} name it.
     *
     * @param port 1..65535; default the listener's own
     * @return this
     * @throws IllegalArgumentException when out of range
     */
    public TlsProxyBuilder publicHttpsPort(int port) {
        listeners.publicHttpsPort(port);
        return this;
    }

    /**
     * Sets what is offered and accepted in a handshake.
     *
     * @param policy the policy, in place of the default
     * @return this
     */
    public TlsProxyBuilder tls(TlsPolicy policy) {
        tls = Objects.requireNonNull(policy, "policy");
        return this;
    }

    /**
     * Sets how upstreams learn who the client is.
     *
     * @param policy the policy, in place of the default
     * @return this
     */
    public TlsProxyBuilder forwarded(ForwardedPolicy policy) {
        serving.forwarded(policy);
        return this;
    }

    /**
     * Sets how long the proxy waits.
     *
     * @param timeouts the time-outs, in place of the defaults
     * @return this
     */
    public TlsProxyBuilder timeouts(Timeouts timeouts) {
        this.timeouts = Objects.requireNonNull(timeouts, "timeouts");
        serving.bodyIdle(timeouts.bodyIdle());
        return this;
    }

    /**
     * Sets how many connections clients may hold open.
     *
     * @param limits the limits, in place of the defaults
     * @return this
     */
    public TlsProxyBuilder limits(Limits limits) {
        this.limits = Objects.requireNonNull(limits, "limits");
        return this;
    }

    /**
     * Accepts connections from these networks only, each of which has to begin with a header of the PROXY protocol,
     * version 1 or 2, within {@link Timeouts#handshake}; on both listeners, before TLS. The client's address is then the
     * one in the header: for the forwarding fields, filters, events and {@link Limits}. Where the header has none
     * ({@code LOCAL}, {@code UNKNOWN}), it is the peer's. The same goes for the address the client connected to, by which a
     * client without server name is shown a certificate. TLVs are not looked at.
     *
     * @param networks addresses or networks in CIDR notation, as for {@link ForwardedPolicy#trustProxies}; at least one
     * @return this
     * @throws IllegalArgumentException when one is neither, has bits set behind its prefix, or there is none
     */
    public TlsProxyBuilder proxyProtocol(String... networks) {
        if (networks.length == 0) {
            throw new IllegalArgumentException("proxyProtocol: no network (expected: where PROXY headers come from)");
        }
        for (String network : networks) {
            proxyProtocol.add(Cidr.parse(network));
        }
        return this;
    }

    /**
     * Adds a filter for every route, which runs before those of the route.
     *
     * @param filter the filter
     * @return this
     */
    public TlsProxyBuilder filter(ExchangeFilter filter) {
        serving.addFilter(filter);
        return this;
    }

    /**
     * Sets who hears what happens.
     *
     * @param events the listener, in place of the one that is there
     * @return this
     */
    public TlsProxyBuilder events(ProxyEvents events) {
        this.events = Objects.requireNonNull(events, "events");
        return this;
    }

    /**
     * Sets the clock by which certificates are judged and renewed. Certificates given before this call were judged by the
     * clock before.
     *
     * @param clock default the system's
     * @return this
     */
    public TlsProxyBuilder clock(Clock clock) {
        this.clock = Objects.requireNonNull(clock, "clock");
        return this;
    }

    /**
     * Sets the number of I/O threads.
     *
     * @param threads 1..1024; default the number of processors, at least 2
     * @return this
     * @throws IllegalArgumentException when out of range
     */
    public TlsProxyBuilder ioThreads(int threads) {
        if (threads < 1 || threads > 1024) {
            throw new IllegalArgumentException("ioThreads: " + threads + " (expected: 1..1024)");
        }
        ioThreads = threads;
        return this;
    }

    /**
     * How long {@link TlsProxy#start} may go on in the background with making the JVM compile what serves clients: by
     * connections through a proxy of its own on loopback, which has nothing of this one. Clients are served meanwhile and
     * come first. Once per JVM: what another proxy in it has done counts. A processor takes some 30 s for all of it.
     *
     * @param atMost 0 to 5 minutes; 0 does without; 5 s by default
     * @return this
     * @throws IllegalArgumentException when out of range
     * @see TlsProxy#awaitWarmUp
     */
    public TlsProxyBuilder warmUp(Duration atMost) {
        if (atMost.isNegative() || atMost.compareTo(MAX_WARM_UP) > 0) {
            throw new IllegalArgumentException("warmUp: " + atMost + " (expected: PT0S..PT5M)");
        }
        warmUp = atMost;
        return this;
    }

    /**
     * Makes the proxy. Nothing is opened and nothing is written before {@link TlsProxy#start}.
     *
     * @return a proxy that is not started
     * @throws IllegalStateException when there is no route; no route names a host, no certificate was given and there is
     *     no certificate manager that {@linkplain CertificateManager#servesOnDemand serves on demand}; both listeners have
     *     one address; or {@link TlsPolicy#defaultName} names a host without route and certificate
     */
    public TlsProxy build() {
        return new TlsProxy(config());
    }

    ProxyConfig config() {
        Serving checked = serving.checked(tls, Optional.ofNullable(acme));
        listeners.requireTwo();
        CertificateStore chosenStore = store != null ? store : new FileCertificateStore(defaultStore());
        return new ProxyConfig(
                checked,
                listeners.https(),
                listeners.http(),
                listeners.publicHttpsPort(),
                chosenStore,
                Optional.ofNullable(acme),
                tls,
                timeouts,
                limits,
                List.copyOf(proxyProtocol),
                events,
                clock,
                ioThreads != null ? ioThreads : Math.max(2, Runtime.getRuntime().availableProcessors()),
                warmUp);
    }

    private static Path defaultStore() {
        return Path.of(System.getProperty("user.home"), ".tlsproxy");
    }
}
