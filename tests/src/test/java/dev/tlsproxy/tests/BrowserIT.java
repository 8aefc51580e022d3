package dev.tlsproxy.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.CloseReport;
import dev.tlsproxy.ProxyUpdate;
import dev.tlsproxy.Route;
import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.UpdateReport;
import dev.tlsproxy.spi.NegotiatedTls;
import dev.tlsproxy.tests.peer.Peer;
import dev.tlsproxy.tests.peer.RealPeer;
import dev.tlsproxy.tests.peer.RequiresPeer;
import dev.tlsproxy.websocket.WebSockets;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
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

    @Test
    void pageKeepsItsWebSocketThroughUpdatesAndNewCertificatesAndIsTold1001AtTheEnd() throws Exception {
        CountingUpstream counting = new CountingUpstream();
        RawUpstream upstream = bench.closing(counting.start());
        TlsProxy proxy = bench.start(
                TlsProxy.builder().route(Route.of(HOST).to(upstream.uri()).upgrades(WebSockets.defaults())));
        Path ca = Workbench.caFile(proxy, bench.directory(RealPeer.of(Peer.CERTUTIL), "ca"));
        Chromium browser = Chromium.start(bench, HOST, ca);
        browser.navigate(proxy.uri(HOST));
        await().untilAsserted(() -> assertThat(browser.title()).startsWith("unbroken "));
        SelfSigned first = SelfSigned.make(bench.directory(RealPeer.of(Peer.CERTUTIL), "first"), HOST);
        SelfSigned second = SelfSigned.make(bench.directory(RealPeer.of(Peer.CERTUTIL), "second"), HOST);
        X509Certificate original = SelfSigned.shownBy(proxy, HOST);

        for (int i = 0; i < 100; i++) {
            UpdateReport report = proxy.update(change(i, upstream.uri()));
            assertThat(report.tunnelsKept()).as("update %d: %s", i, report).isEqualTo(1);
            int sent = counting.sent.get();
            await().pollInterval(Duration.ofMillis(5)).until(() -> counting.sent.get() > sent);
        }
        assertThat(original).isNotEqualTo(first.certificate());
        for (SelfSigned next : List.of(first, second)) {
            assertThat(proxy.update(u -> u.certificate(HOST, next.chain(), next.key()))
                            .tunnelsKept())
                    .isEqualTo(1);
            assertThat(SelfSigned.shownBy(proxy, HOST)).isEqualTo(next.certificate());
        }

        int atLeast = counting.sent.get() + 10;
        await().untilAsserted(() -> assertThat(count(browser.title())).isGreaterThan(atLeast));
        assertThat(browser.title()).startsWith("unbroken ");
        CloseReport closed = proxy.close(Duration.ofSeconds(4));
        await().untilAsserted(() ->
                assertThat(browser.title()).isEqualTo("closed 1001 cleanly unbroken " + counting.sent.get()));
        assertThat(closed.tunnelsClosed()).as(closed.toString()).isEqualTo(1);
        assertThat(closed.tunnelsCut()).isZero();
    }

    /** Other routes come, change and go. */
    private static Consumer<ProxyUpdate> change(int i, String upstream) {
        return update -> {
            update.route("other" + i % 7 + ".localhost", upstream + (i % 2 == 0 ? "" : "/"));
            update.route("new" + i + ".localhost", upstream);
            if (i > 0) {
                update.remove("new" + (i - 1) + ".localhost");
            }
        };
    }

    private static int count(String title) {
        return Integer.parseInt(title.replaceAll(".* ", ""));
    }

    private static ConditionFactory await() {
        return Awaitility.await().atMost(Duration.ofSeconds(20));
    }
}
