package dev.tlsproxy.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.TlsPolicy;
import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.spi.NegotiatedTls;
import dev.tlsproxy.tests.peer.Peer;
import dev.tlsproxy.tests.peer.PeerProcess;
import dev.tlsproxy.tests.peer.RealPeer;
import dev.tlsproxy.tests.peer.RequiresPeer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** OpenSSL's handshakes, with and without the hybrid group, on the JDK that runs this test. */
@RequiresPeer(Peer.OPENSSL)
class PostQuantumIT {

    private static final String HOST = "api.localhost";
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @RegisterExtension
    final Workbench bench = new Workbench();

    private final RecordedEvents events = new RecordedEvents();

    @Test
    void negotiatesTheHybridGroup() {
        String told = succeeds(TlsPolicy.defaults(), "-groups", "X25519MLKEM768");

        assertThat(told).contains("Negotiated TLS1.3 group: X25519MLKEM768");
        assertThat(negotiated().group()).contains("X25519MLKEM768");
        assertThat(negotiated().postQuantum()).isTrue();
    }

    @Test
    void prefersTheHybridGroupWhenTheClientSharesBoth() {
        succeeds(TlsPolicy.defaults(), "-groups", "*X25519:*X25519MLKEM768");

        assertThat(negotiated().group()).contains("X25519MLKEM768");
    }

    @Test
    void takesTheX25519ShareThatCameWithoutAskingAgain() {
        String told = succeeds(TlsPolicy.defaults(), "-groups", "*X25519:X25519MLKEM768", "-msg");

        assertThat(negotiated().group()).contains("x25519");
        assertThat(told.split("ServerHello", -1)).hasSize(2);
    }

    @Test
    void asksAgainForTheHybridGroupWherePreferred() {
        succeeds(TlsPolicy.defaults().preferPostQuantum(), "-groups", "*X25519:X25519MLKEM768");

        assertThat(negotiated().group()).contains("X25519MLKEM768");
    }

    @Test
    void clientWithoutTheHybridGroupConnectsByDefault() {
        succeeds(TlsPolicy.defaults(), "-groups", "X25519");

        assertThat(negotiated().group()).contains("x25519");
        assertThat(negotiated().postQuantum()).isFalse();
    }

    @Test
    void clientWithoutTheHybridGroupIsRefusedWhereRequired() {
        PeerProcess.Result result = refused(TlsPolicy.defaults().requirePostQuantum(), "-groups", "X25519");

        assertThat(result.exit()).isNotZero();
        assertThat(result.output()).contains("alert handshake failure");
        assertThat(events.handshakes).isEmpty();
        Awaitility.await().until(() -> events.failedHandshakes.size() == 1);
    }

    @Test
    void clientWithTheHybridGroupConnectsWhereRequired() {
        succeeds(TlsPolicy.defaults().requirePostQuantum(), "-groups", "X25519MLKEM768");

        assertThat(negotiated().postQuantum()).isTrue();
    }

    @Test
    void tls12ClientConnectsByDefault() {
        succeeds(TlsPolicy.defaults(), "-tls1_2", "-alpn", "http/1.1");

        assertThat(negotiated().protocol()).isEqualTo("TLSv1.2");
        assertThat(negotiated().applicationProtocol()).contains("http/1.1");
    }

    @Test
    void tls12ClientIsRefusedByTls13Only() {
        PeerProcess.Result result = refused(TlsPolicy.tls13Only(), "-tls1_2");

        assertThat(result.exit()).isNotZero();
        assertThat(result.output()).contains("alert protocol version");
    }

    @Test
    void clientWithTls13OnlyGetsHttp2() {
        String told = succeeds(TlsPolicy.defaults(), "-tls1_3", "-alpn", "h2");

        assertThat(told).contains("ALPN protocol: h2");
        assertThat(negotiated().applicationProtocol()).contains("h2");
    }

    /** What s_client tells of a handshake that the proxy too has seen succeed. */
    private String succeeds(TlsPolicy policy, String... options) {
        // its input stays open, so it stays: one that left at once could reset the connection under its own Finished
        try (PeerProcess client = connect(policy, options)) {
            client.awaitReady(
                    LIMIT,
                    () -> client.output().contains("Verify return code:")
                            && events.handshakes.size() + events.failedHandshakes.size() > 0);
            assertThat(events.failedHandshakes).as(client.output()).isEmpty();
            assertThat(client.output()).contains("Verify return code: 0 (ok)");
            return client.output();
        }
    }

    private PeerProcess.Result refused(TlsPolicy policy, String... options) {
        try (PeerProcess client = connect(policy, options)) {
            return client.awaitEnd(LIMIT);
        }
    }

    private PeerProcess connect(TlsPolicy policy, String... options) {
        RawUpstream upstream = bench.closing(RawUpstream.ok());
        TlsProxy proxy = bench.start(
                TlsProxy.builder().route(HOST, upstream.uri()).tls(policy).events(events));
        RealPeer openssl = RealPeer.of(Peer.OPENSSL);
        Path directory = bench.directory(openssl, "openssl");
        Path ca = Workbench.caFile(proxy, directory);
        List<String> arguments = new ArrayList<>(List.of("s_client", "-connect", "127.0.0.1:" + Workbench.port(proxy)));
        arguments.addAll(List.of("-servername", HOST, "-CAfile", openssl.seen(ca)));
        arguments.addAll(List.of("-verify_return_error", "-verify_hostname", HOST));
        arguments.addAll(List.of(options));
        return openssl.start(directory, arguments);
    }

    private NegotiatedTls negotiated() {
        assertThat(events.handshakes).hasSize(1);
        assertThat(events.handshakes.get(0).serverName()).isEqualTo(Optional.of(HOST));
        return events.handshakes.get(0);
    }
}
