package dev.tlsproxy.examples;

import dev.tlsproxy.ProxyAddresses;
import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.examples.demo.DemoUpstreams;
import dev.tlsproxy.examples.demo.TlsFactsFilter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tls-proxy demo}: three small upstreams and the proxy in front of them, until a signal ends it. */
@Command(
        name = "demo",
        description = "Starts three small HTTP servers and puts HTTPS in front of them.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        addMethodSubcommands = false,
        sortOptions = false)
final class DemoCommand implements Callable<Integer> {

    static final String API_HOST = "api.localhost";
    static final String TRACKER_HOST = "tracker.localhost";
    static final String LIVE_HOST = "grafana.localhost";

    @Option(
            names = "--https",
            paramLabel = "ADDRESS:PORT",
            description = "Where to listen for HTTPS; port 0 takes a free one. Default: ${DEFAULT-VALUE}.")
    private String https = "127.0.0.1:8443";

    @Option(
            names = "--http",
            paramLabel = "ADDRESS:PORT",
            description = "Where to listen for HTTP, which redirects to HTTPS. Default: ${DEFAULT-VALUE}.")
    private String http = "127.0.0.1:8080";

    @Option(
            names = "--store",
            paramLabel = "DIR",
            description = "Where certificates and the local CA are kept, so that a browser that trusts the CA goes on"
                    + " doing so. Default: .tlsproxy-demo in your home directory.")
    private @Nullable Path store;

    private final PrintWriter out;

    DemoCommand(PrintWriter out) {
        this.out = out;
    }

    @Override
    public Integer call() throws IOException {
        Path directory = store != null ? store : Path.of(System.getProperty("user.home"), ".tlsproxy-demo");
        DemoUpstreams upstreams = DemoUpstreams.start();
        return Service.serve(proxy(directory, upstreams), List.of(upstreams), directory, this::print);
    }

    private void print(ProxyAddresses addresses, Optional<Path> ca) {
        out.println(ReadyLine.of(addresses, ca));
        ca.ifPresent(file -> out.print(DemoText.of(addresses, file)));
        out.flush();
    }

    private TlsProxy proxy(Path directory, DemoUpstreams upstreams) {
        try {
            return TlsProxy.builder()
                    .route(API_HOST, upstreams.api())
                    .route(TRACKER_HOST, upstreams.tracker())
                    .route(LIVE_HOST, upstreams.live())
                    .https(ListenAddress.parse("--https", https))
                    .http(ListenAddress.parse("--http", http))
                    .store(directory)
                    .filter(new TlsFactsFilter())
                    .build();
        } catch (IllegalArgumentException | IllegalStateException e) {
            upstreams.close();
            throw new UsageException(String.valueOf(e.getMessage()), e);
        } catch (UsageException e) {
            upstreams.close();
            throw e;
        }
    }
}
