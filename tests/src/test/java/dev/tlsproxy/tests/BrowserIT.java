package dev.tlsproxy.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.spi.NegotiatedTls;
import dev.tlsproxy.tests.peer.Peer;
import dev.tlsproxy.tests.peer.RealPeer;
import dev.tlsproxy.tests.peer.RequiresPeer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Experiment 4: a page over HTTPS in Chromium, live over a WebSocket, with post-quantum key exchange. */
@RequiresPeer({Peer.CHROMIUM, Peer.CERTUTIL})
class BrowserIT {

    private static final String HOST = "grafana.example.test";

    @RegisterExtension
    final Workbench bench = new Workbench();

    @Test
    void pageReceivesOverItsWebSocketAndKeyExchangeIsHybrid() throws IOException {
        RawUpstream upstream = bench.closing(WebSocketUpstream.start());
        RecordedEvents events = new RecordedEvents();
        TlsProxy proxy =
                bench.start(TlsProxy.builder().route(HOST, upstream.uri()).events(events));
        Path ca = Workbench.caFile(proxy, bench.directory(RealPeer.of(Peer.CERTUTIL), "ca"));
        Chromium browser = Chromium.start(bench, HOST, ca);

        browser.navigate(proxy.uri(HOST));

        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(browser.title()).isEqualTo("eager one two"));
        assertThat(browser.awaitMessage("Network.webSocketHandshakeResponseReceived", "response"))
                .contains("\"status\":101");
        String state = browser.awaitMessage("Security.visibleSecurityStateChanged", "keyExchangeGroup");
        assertThat(Chromium.text(state, "keyExchangeGroup")).as(state).contains("X25519MLKEM768");
        assertThat(Chromium.text(state, "protocol")).contains("TLS 1.3");
        assertThat(Chromium.text(state, "securityState")).contains("secure");
        assertThat(events.handshakes)
                .filteredOn(tls -> tls.serverName().equals(Optional.of(HOST)))
                .isNotEmpty()
                .allSatisfy(tls -> assertThat(tls.group()).contains("X25519MLKEM768"))
                .extracting(NegotiatedTls::applicationProtocol)
                // the page comes over h2; the WebSocket over a connection of its own (RFC 8441 is not offered)
                .contains(Optional.of("h2"), Optional.of("http/1.1"));
    }
}
