package dev.tlsproxy.examples;

import dev.tlsproxy.ForwardedPolicy;
import dev.tlsproxy.ProxyProtocol;
import dev.tlsproxy.TlsPolicy;
import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.TlsProxyBuilder;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tls-proxy run}: a proxy in front of the user's own upstreams, until a signal ends it. */
@Command(
        name = "run",
        description = "Puts HTTPS in front of your HTTP servers.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        addMethodSubcommands = false,
        sortOptions = false)
final class RunCommand implements Callable<Integer> {

    private static final Duration WARM_UP_CLOSES = Duration.ofSeconds(30);

    @Option(
            names = "--route",
            required = true,
            paramLabel = "HOST[/PATH]=URI[,URI...]",
            description = "Sends requests for a host (*.HOST: one label, *: every other host) and a path prefix to an"
                    + " upstream, or to each of several in turn. Repeatable.")
    private List<String> routes = new ArrayList<>();

    @Option(
            names = "--https",
            paramLabel = "ADDRESS:PORT",
            description = "Where to listen for HTTPS; port 0 takes a free one. Default: port 443 of all addresses.")
    private @Nullable String https;

    @Option(
            names = "--http",
            paramLabel = "ADDRESS:PORT",
            description = "Where to listen for HTTP, which redirects to HTTPS. Default: port 80 of all addresses.")
    private @Nullable String http;

    @Option(names = "--no-http", description = "No HTTP listener.")
    private boolean noHttp;

    @Option(
            names = "--store",
            paramLabel = "DIR",
            description = "Where certificates and the local CA are kept. Default: .tlsproxy in your home directory.")
    private @Nullable Path store;

    @Option(
            names = "--certificate",
            paramLabel = "NAME=CHAIN.pem,KEY.pem",
            description = "Serves a certificate of your own for a name. Repeatable.")
    private List<String> certificates = new ArrayList<>();

    @Mixin
    private AcmeOptions acme = new AcmeOptions();

    @Option(names = "--tls", paramLabel = "VERSION", description = "Lowest TLS version: 1.2 (default) or 1.3.")
    private String tls = "1.2";

    @Option(names = "--require-pq", description = "Refuses handshakes without post-quantum key exchange.")
    private boolean requirePostQuantum;

    @Option(
            names = "--trusted-proxy",
            paramLabel = "CIDR",
            description = "Believes X-Forwarded-* fields of peers in this network. Repeatable.")
    private List<String> trustedProxies = new ArrayList<>();

    @Option(
            names = "--proxy-protocol",
            paramLabel = "CIDR",
            description = "Accepts connections from this network only, each with a PROXY header in front. Repeatable.")
    private List<String> proxyProtocol = new ArrayList<>();

    @Option(
            names = "--upstream-ca",
            paramLabel = "FILE",
            description = "Trusts the CA certificates of a PEM file for https and h2 upstreams, beside the JVM's own.")
    private @Nullable Path upstreamCa;

    @Option(
            names = "--upstream-proxy-protocol",
            paramLabel = "VERSION",
            description = "Begins connections to all upstreams with a PROXY header of this version: 1 or 2.")
    private @Nullable String upstreamProxyProtocol;

    @Option(
            names = "--warm-up",
            paramLabel = "SECONDS",
            description =
                    "Prints the ready line only when the JVM has compiled what serves clients, after 1 to 300 seconds"
                            + " at the most; clients are served before. Default: 5 in the background, ready at once.")
    private @Nullable Integer warmUp;

    private final PrintWriter out;

    RunCommand(PrintWriter out) {
        this.out = out;
    }

    @Override
    public Integer call() throws IOException {
        Path directory = store != null ? store : Path.of(System.getProperty("user.home"), ".tlsproxy");
        TlsProxy proxy = build(directory);
        return Service.serve(proxy, List.of(), directory, (addresses, ca) -> {
            if (warmUp != null) {
                // it ends by itself, and its own proxy closes then
                var unused = proxy.awaitWarmUp(Duration.ofSeconds(warmUp).plus(WARM_UP_CLOSES));
            }
            // asked for again: a signal may have closed the proxy meanwhile
            out.println(ReadyLine.of(warmUp == null ? addresses : proxy.addresses(), ca));
        });
    }

    private TlsProxy build(Path directory) {
        try {
            TlsProxyBuilder builder = TlsProxy.builder().store(directory).tls(tlsPolicy());
            listeners(builder);
            RouteOption.addTo(builder, routes, upstreamCa, upstreamHeader());
            if (!proxyProtocol.isEmpty()) {
                builder.proxyProtocol(proxyProtocol.toArray(String[]::new));
            }
            for (String certificate : certificates) {
                CertificateOption.addTo(builder, certificate);
            }
            acme.addTo(builder, noHttp);
            if (warmUp != null) {
                builder.warmUp(seconds(warmUp));
            }
            return builder.forwarded(ForwardedPolicy.defaults().trustProxies(trustedProxies.toArray(String[]::new)))
                    .build();
        } catch (IllegalArgumentException | IllegalStateException e) {
            throw new UsageException(String.valueOf(e.getMessage()), e);
        }
    }

    private void listeners(TlsProxyBuilder builder) {
        if (https != null) {
            builder.https(ListenAddress.parse("--https", https));
        }
        if (http != null && noHttp) {
            throw new UsageException("--http " + http + " cannot be combined with --no-http");
        }
        if (http != null) {
            builder.http(ListenAddress.parse("--http", http));
        }
        if (noHttp) {
            builder.withoutHttp();
        }
    }

    private static Duration seconds(int given) {
        if (given < 1 || given > 300) {
            throw new UsageException("--warm-up: " + given + " (expected: 1..300 seconds)");
        }
        return Duration.ofSeconds(given);
    }

    private @Nullable ProxyProtocol upstreamHeader() {
        if (upstreamProxyProtocol == null) {
            return null;
        }
        return switch (upstreamProxyProtocol) {
            case "1" -> ProxyProtocol.V1;
            case "2" -> ProxyProtocol.V2;
            default ->
                throw new UsageException(
                        "--upstream-proxy-protocol: \"" + upstreamProxyProtocol + "\" (expected: 1 or 2)");
        };
    }

    private TlsPolicy tlsPolicy() {
        TlsPolicy policy;
        switch (tls) {
            case "1.2" -> policy = TlsPolicy.defaults();
            case "1.3" -> policy = TlsPolicy.tls13Only();
            default -> throw new UsageException("--tls: \"" + tls + "\" (expected: 1.2 or 1.3)");
        }
        return requirePostQuantum ? policy.requirePostQuantum() : policy;
    }
}
