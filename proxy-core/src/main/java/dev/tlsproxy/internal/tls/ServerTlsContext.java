package dev.tlsproxy.internal.tls;

import dev.tlsproxy.internal.names.HostName;
import dev.tlsproxy.spi.NegotiatedTls;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * The server side of TLS: decides on each ClientHello and configures the engine that answers it. Its SSLContexts are
 * never swapped; each handshake asks the certificate table. Safe for use by several threads.
 */
public final class ServerTlsContext {

    private static final String ACME_TLS = "acme-tls/1";
    private static final List<String> HTTP_PROTOCOLS = List.of("h2", "http/1.1");
    private static final int SESSION_SECONDS = 3600;
    private static final int MAX_SESSIONS = 10_000;

    private final TlsConfig config;
    private final CertificateTable certificates;
    private final ChallengeTable challenges;
    private final CertificateDemand demand;
    private final SSLContext context;
    private final EngineParameters parameters;
    private @Nullable SSLContext challengeContext;

    /**
     * Makes the context.
     *
     * @param config what is offered
     * @param certificates asked in each handshake
     * @param challenges asked in each handshake that offers {@code acme-tls/1} only
     * @param demand asked for a name that has no certificate
     */
    public ServerTlsContext(
            TlsConfig config, CertificateTable certificates, ChallengeTable challenges, CertificateDemand demand) {
        this.config = config;
        this.certificates = certificates;
        this.challenges = challenges;
        this.demand = demand;
        this.context = TlsProvider.newContext(new SniKeyManager(certificates::find), PinnedTrust.NOBODY);
        this.parameters = new EngineParameters(config.tls12());
        context.getServerSessionContext().setSessionTimeout(SESSION_SECONDS);
        context.getServerSessionContext().setSessionCacheSize(MAX_SESSIONS);
    }

    /**
     * Decides on a ClientHello.
     *
     * @param hello what the client sent
     * @param local the address it connected to, whose certificate is shown where it names no host
     * @return go on, refuse, or wait for a certificate
     */
    public Admission admit(ClientHello hello, InetAddress local) {
        return admit(hello, local, demand);
    }

    /**
     * Decides on a ClientHello with the certificates that are there.
     *
     * @param hello what the client sent
     * @param local as for {@link #admit}
     * @return go on, or refuse
     */
    public Admission admitNow(ClientHello hello, InetAddress local) {
        return admit(hello, local, CertificateDemand.NONE);
    }

    private Admission admit(ClientHello hello, InetAddress local, CertificateDemand asked) {
        Optional<String> serverName = hello.serverName().flatMap(ServerTlsContext::normalized);
        if (hello.applicationProtocols().equals(List.of(ACME_TLS))) {
            return admitChallenge(hello, serverName);
        }
        if (config.requirePostQuantum() && !offersHybrid(hello)) {
            return new Admission.Refuse(
                    Admission.HANDSHAKE_FAILURE, "the client offers no TLS 1.3 with X25519MLKEM768, which is required");
        }
        // A list without overlap must not end in http/1.1 by default (RFC 7301 section 3.2).
        if (!hello.applicationProtocols().isEmpty()
                && hello.applicationProtocols().stream().noneMatch(HTTP_PROTOCOLS::contains)) {
            return new Admission.Refuse(
                    Admission.NO_APPLICATION_PROTOCOL, "the client offers neither h2 nor http/1.1 in ALPN");
        }
        Optional<Admission> wait = serverName
                .filter(name -> !isServed(name))
                .flatMap(asked::demand)
                .map(Admission.Wait::new);
        if (wait.isPresent()) {
            return wait.get();
        }
        serverName.filter(this::isServed).ifPresent(asked::used);
        Optional<String> certificate = certificateName(hello, serverName, local);
        if (certificate.isEmpty()) {
            return new Admission.Refuse(
                    Admission.UNRECOGNIZED_NAME,
                    hello.serverName().isPresent()
                            ? "no certificate for the name the client asks for"
                            : "the client names no host");
        }
        return new Admission.Proceed(
                context, certificate.get(), parameters.forClient(hello, prefersHybrid()), serverName, false);
    }

    /**
     * Checks what a handshake has agreed on, before any byte is handed on.
     *
     * @param tls the negotiated parameters
     * @return why the connection must be closed; empty where it is fine
     */
    public Optional<String> objection(NegotiatedTls tls) {
        return config.requirePostQuantum() && !tls.group().equals(Optional.of(NamedGroups.HYBRID))
                ? Optional.of("the handshake did not use X25519MLKEM768, which is required")
                : Optional.empty();
    }

    private Admission admitChallenge(ClientHello hello, Optional<String> serverName) {
        Optional<String> pending =
                serverName.filter(name -> challenges.tlsAlpn01Certificate(name).isPresent());
        return pending.isEmpty()
                ? new Admission.Refuse(
                        Admission.NO_APPLICATION_PROTOCOL, "acme-tls/1 for a name without pending challenge")
                : new Admission.Proceed(
                        challengeContext(), pending.get(), parameters.forChallenge(hello), pending, true);
    }

    /** Made when the first CA comes: most proxies never need it, and a start would pay for it. */
    private synchronized SSLContext challengeContext() {
        if (challengeContext == null) {
            challengeContext =
                    TlsProvider.newContext(new SniKeyManager(challenges::tlsAlpn01Certificate), PinnedTrust.NOBODY);
        }
        return challengeContext;
    }

    private Optional<String> certificateName(ClientHello hello, Optional<String> serverName, InetAddress local) {
        Optional<String> wanted = hello.serverName().isPresent() ? serverName : nameOf(local);
        return wanted.filter(this::isServed).or(() -> config.defaultName().filter(this::isServed));
    }

    /**
     * The name of the address that a client connected to without naming a host. JSSE clients (the JVM's and Bouncy
     * Castle's) send no server_name for a name without dot, and so none for localhost.
     */
    private Optional<String> nameOf(InetAddress local) {
        String address = textOf(local);
        return Optional.of(local.isLoopbackAddress() && !isServed(address) ? "localhost" : address);
    }

    private boolean isServed(String name) {
        return certificates.find(name).isPresent();
    }

    private boolean prefersHybrid() {
        return config.preferPostQuantum() || config.requirePostQuantum();
    }

    private static boolean offersHybrid(ClientHello hello) {
        return hello.offersTls13() && hello.groups().contains(NamedGroups.X25519MLKEM768);
    }

    /** A name on the wire is ASCII (RFC 6066 section 3); anything else is no name that could have a certificate. */
    private static Optional<String> normalized(String name) {
        return name.chars().allMatch(c -> c > 0x20 && c < 0x7F) ? HostName.normalize(name) : Optional.empty();
    }

    private static String textOf(InetAddress address) {
        String text = address.getHostAddress();
        int zone = text.indexOf('%');
        return zone < 0 ? text : text.substring(0, zone);
    }

    TlsConfig config() {
        return config;
    }
}
