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

    @RegisterExtension
    final Workbench bench = new Workbench();

    private final RecordedEvents events = new RecordedEvents();

    @Test
    void negotiatesTheHybridGroup() {
        PeerProcess.Result result = handshake(TlsPolicy.defaults(), "-groups", "X25519MLKEM768");

        assertSucceeded(result);
        assertThat(result.output()).contains("Negotiated TLS1.3 group: X25519MLKEM768");
        assertThat(negotiated().group()).contains("X25519MLKEM768");
        assertThat(negotiated().postQuantum()).isTrue();
    }

    @Test
    void prefersTheHybridGroupWhenTheClientSharesBoth() {
        PeerProcess.Result result = handshake(TlsPolicy.defaults(), "-groups", "*X25519:*X25519MLKEM768");

        assertSucceeded(result);
        assertThat(negotiated().group()).contains("X25519MLKEM768");
    }

    @Test
    void takesTheX25519ShareThatCameWithoutAskingAgain() {
        PeerProcess.Result result = handshake(TlsPolicy.defaults(), "-groups", "*X25519:X25519MLKEM768", "-msg");

        assertSucceeded(result);
        assertThat(negotiated().group()).contains("x25519");
        assertThat(result.output().split("ServerHello", -1)).hasSize(2);
    }

    @Test
    void asksAgainForTheHybridGroupWherePreferred() {
        PeerProcess.Result result =
                handshake(TlsPolicy.defaults().preferPostQuantum(), "-groups", "*X25519:X25519MLKEM768");

        assertSucceeded(result);
        assertThat(negotiated().group()).contains("X25519MLKEM768");
    }

    @Test
    void clientWithoutTheHybridGroupConnectsByDefault() {
        PeerProcess.Result result = handshake(TlsPolicy.defaults(), "-groups", "X25519");

        assertSucceeded(result);
        assertThat(negotiated().group()).contains("x25519");
        assertThat(negotiated().postQuantum()).isFalse();
    }

    @Test
    void clientWithoutTheHybridGroupIsRefusedWhereRequired() {
        PeerProcess.Result result = handshake(TlsPolicy.defaults().requirePostQuantum(), "-groups", "X25519");

        assertThat(result.exit()).isNotZero();
        assertThat(result.output()).contains("alert handshake failure");
        assertThat(events.handshakes).isEmpty();
        Awaitility.await().until(() -> events.failedHandshakes.size() == 1);
    }

    @Test
    void clientWithTheHybridGroupConnectsWhereRequired() {
        assertSucceeded(handshake(TlsPolicy.defaults().requirePostQuantum(), "-groups", "X25519MLKEM768"));
        assertThat(negotiated().postQuantum()).isTrue();
    }

    @Test
    void tls12ClientConnectsByDefault() {
        PeerProcess.Result result = handshake(TlsPolicy.defaults(), "-tls1_2", "-alpn", "http/1.1");

        assertSucceeded(result);
        assertThat(negotiated().protocol()).isEqualTo("TLSv1.2");
        assertThat(negotiated().applicationProtocol()).contains("http/1.1");
    }

    @Test
    void tls12ClientIsRefusedByTls13Only() {
        PeerProcess.Result result = handshake(TlsPolicy.tls13Only(), "-tls1_2");

        assertThat(result.exit()).isNotZero();
        assertThat(result.output()).contains("alert protocol version");
    }

    @Test
    void clientWithTls13OnlyGetsHttp2() {
        PeerProcess.Result result = handshake(TlsPolicy.defaults(), "-tls1_3", "-alpn", "h2");

        assertSucceeded(result);
        assertThat(result.output()).contains("ALPN protocol: h2");
        assertThat(negotiated().applicationProtocol()).contains("h2");
    }

    private PeerProcess.Result handshake(TlsPolicy policy, String... options) {
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
        // standard input is empty, so s_client closes the connection once the handshake is done
        return openssl.run(directory, Duration.ofSeconds(20), arguments.toArray(String[]::new));
    }

    private NegotiatedTls negotiated() {
        Awaitility.await().until(() -> !events.handshakes.isEmpty());
        assertThat(events.handshakes).hasSize(1);
        assertThat(events.handshakes.get(0).serverName()).isEqualTo(Optional.of(HOST));
        return events.handshakes.get(0);
    }

    private void assertSucceeded(PeerProcess.Result result) {
        assertThat(result.exit())
                .as("the proxy tells " + events.failedHandshakes + ", openssl " + result.output())
                .isZero();
        assertThat(result.output()).contains("Verify return code: 0 (ok)");
    }
}
