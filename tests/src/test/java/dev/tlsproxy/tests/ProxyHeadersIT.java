package dev.tlsproxy.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.tlsproxy.ForwardedPolicy;
import dev.tlsproxy.HealthCheck;
import dev.tlsproxy.ProxyProtocol;
import dev.tlsproxy.Route;
import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.TlsProxyBuilder;
import dev.tlsproxy.Upstream;
import dev.tlsproxy.spi.ProxyEvents;
import dev.tlsproxy.tests.peer.Peer;
import dev.tlsproxy.tests.peer.Ports;
import dev.tlsproxy.tests.peer.RequiresPeer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** PROXY headers between the proxy and real servers: they read ours, and we read theirs. */
@Timeout(120)
class ProxyHeadersIT {

    private static final String HOST = "app.localhost";

    /** An address of this machine that is not the proxy's. */
    private static final String CLIENT = "127.0.0.9";

    private final int clientPort = Ports.free();
    private final List<String> down = new CopyOnWriteArrayList<>();

    @TempDir
    Path directory;

    @RegisterExtension
    final Workbench bench = new Workbench();

    private TlsProxyBuilder builder() {
        return TlsProxy.builder().events(new ProxyEvents() {
            @Override
            public void upstreamDown(String upstream, String reason) {
                down.add(reason);
            }
        });
    }

    private TlsProxy proxy(Upstream upstream) {
        return bench.start(builder()
                .route(Route.of(HOST)
                        .to(upstream)
                        .healthCheck(HealthCheck.of("/health").expect(200, 404).interval(Duration.ofMillis(50)))));
    }

    private String get(TlsProxy proxy, String... options) {
        List<String> all = new ArrayList<>(List.of(options));
        all.addAll(List.of("--interface", CLIENT, "--local-port", Integer.toString(clientPort)));
        return new Curl(bench, proxy)
                .get(HOST, "/asked", all.toArray(String[]::new))
                .body()
                .trim();
    }

    private String told(TlsProxy proxy) {
        return CLIENT + " " + clientPort + " 127.0.0.1 " + Workbench.port(proxy);
    }

    /** Logged as: target, client address in quotes, status. */
    private void assertChecksPass(HeaderPeer peer, String client, int status) {
        String line = "/health \"" + client + "\" " + status + "\n";
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(() -> peer.output().split(line, -1).length > 3);
        assertThat(down).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(ProxyProtocol.class)
    @RequiresPeer({Peer.NGINX, Peer.CURL})
    void nginxIsToldOfTheClient(ProxyProtocol version) throws Exception {
        HeaderPeer nginx = HeaderPeer.nginx(bench, Map.of());
        TlsProxy proxy = proxy(Upstream.of(nginx.uri()).proxyProtocol(version));

        assertThat(get(proxy)).isEqualTo(told(proxy));
        assertChecksPass(nginx, version == ProxyProtocol.V1 ? "127.0.0.1" : "-", 200);
    }

    @ParameterizedTest
    @EnumSource(ProxyProtocol.class)
    @RequiresPeer({Peer.APACHE, Peer.CURL})
    void apacheIsToldOfTheClient(ProxyProtocol version) throws Exception {
        HeaderPeer apache = HeaderPeer.apache(bench);
        TlsProxy proxy = proxy(Upstream.of(apache.uri()).proxyProtocol(version));

        assertThat(get(proxy)).isEqualTo(CLIENT);
        assertChecksPass(apache, "127.0.0.1", 404);
    }

    @ParameterizedTest
    @EnumSource(ProxyProtocol.class)
    @RequiresPeer({Peer.HAPROXY, Peer.CURL})
    void haproxyIsToldOfTheClient(ProxyProtocol version) throws Exception {
        HeaderPeer haproxy = HeaderPeer.haproxy(bench);
        TlsProxy proxy = proxy(Upstream.of(haproxy.uri()).proxyProtocol(version));

        assertThat(get(proxy)).isEqualTo(told(proxy));
        assertChecksPass(haproxy, "127.0.0.1", 200);
    }

    /** The port of such a client is unknown, and the proxy's own address is of another family. */
    @ParameterizedTest
    @EnumSource(ProxyProtocol.class)
    @RequiresPeer({Peer.NGINX, Peer.APACHE, Peer.HAPROXY, Peer.CURL})
    void allAreToldOfAnIpv6ClientThatATrustedProxyTellsOf(ProxyProtocol version) throws Exception {
        List<String> told = new ArrayList<>();
        for (HeaderPeer peer :
                List.of(HeaderPeer.nginx(bench, Map.of()), HeaderPeer.apache(bench), HeaderPeer.haproxy(bench))) {
            TlsProxy proxy = bench.start(builder()
                    .forwarded(ForwardedPolicy.defaults().trustProxies(CLIENT))
                    .route(Route.of(HOST).to(Upstream.of(peer.uri()).proxyProtocol(version))));
            told.add(new Curl(bench, proxy)
                    .get(HOST, "/asked", "--interface", CLIENT, "--header", "X-Forwarded-For: 2001:db8::7")
                    .body()
                    .trim()
                    .replace(Integer.toString(Workbench.port(proxy)), "PORT"));
        }
        // nginx passes on the text of version 1, and shows no port for 0
        String destination = version == ProxyProtocol.V1 ? "::ffff:7f00:1" : "::ffff:127.0.0.1";
        assertThat(told)
                .containsExactly(
                        "2001:db8::7  " + destination + " PORT", "2001:db8::7", "2001:db8::7 0 ::ffff:127.0.0.1 PORT");
    }

    @ParameterizedTest
    @CsvSource({"send-proxy, --http1.1", "send-proxy-v2, --http2"})
    @RequiresPeer({Peer.HAPROXY, Peer.CURL})
    void haproxyInFrontTellsOfTheClient(String option, String http) throws Exception {
        RawUpstream upstream = bench.closing(RawUpstream.ok());
        TlsProxy proxy = bench.start(builder().proxyProtocol("127.0.0.1").route(HOST, upstream.uri()));
        HeaderPeer haproxy = HeaderPeer.haproxyInFront(bench, option, Workbench.port(proxy));

        assertThat(get(proxy, "--connect-to", through(proxy, haproxy), http)).isEqualTo("{}");
        assertThat(upstream.heads).hasSize(1);
        assertThat(upstream.heads.get(0)).contains("X-Forwarded-For: " + CLIENT + "\r\n");
        assertThat(haproxy.output()).doesNotContain("DOWN");
    }

    @Test
    @RequiresPeer({Peer.NGINX, Peer.CURL})
    void nginxInFrontTellsOfTheClient() throws Exception {
        assumeThat(HeaderPeer.NGINX_STREAM).exists();
        RawUpstream upstream = bench.closing(RawUpstream.ok());
        TlsProxy proxy = bench.start(builder().proxyProtocol("127.0.0.1").route(HOST, upstream.uri()));
        HeaderPeer nginx = HeaderPeer.nginxInFront(bench, Workbench.port(proxy));

        assertThat(get(proxy, "--connect-to", through(proxy, nginx))).isEqualTo("{}");
        assertThat(upstream.heads.get(0)).contains("X-Forwarded-For: " + CLIENT + "\r\n");
    }

    /** HAProxy tells the proxy, and the proxy tells nginx, in front of TLS on both ways. */
    @ParameterizedTest
    @EnumSource(ProxyProtocol.class)
    @RequiresPeer({Peer.HAPROXY, Peer.NGINX, Peer.CURL})
    void whatOneServerTellsReachesTheOther(ProxyProtocol version) throws Exception {
        SelfSigned own = SelfSigned.make(directory, "localhost");
        HeaderPeer nginx = HeaderPeer.nginx(
                bench, Map.of("chain.pem", Files.readString(own.chain()), "key.pem", Files.readString(own.key())));
        TlsProxy proxy = bench.start(builder()
                .proxyProtocol("127.0.0.1")
                .route(Route.of(HOST)
                        .to(Upstream.of("https://localhost:" + nginx.port)
                                .trust(own.chain())
                                .proxyProtocol(version))));
        HeaderPeer haproxy = HeaderPeer.haproxyInFront(bench, "send-proxy-v2", Workbench.port(proxy));

        assertThat(get(proxy, "--connect-to", through(proxy, haproxy)))
                .isEqualTo(CLIENT + " " + clientPort + " 127.0.0.1 " + haproxy.port);
    }

    private static String through(TlsProxy proxy, HeaderPeer front) {
        return HOST + ":" + Workbench.port(proxy) + ":127.0.0.1:" + front.port;
    }
}
