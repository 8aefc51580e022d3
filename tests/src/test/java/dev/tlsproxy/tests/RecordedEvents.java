package dev.tlsproxy.tests;

import dev.tlsproxy.spi.ExchangeSummary;
import dev.tlsproxy.spi.NegotiatedTls;
import dev.tlsproxy.spi.ProxyEvents;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps what a proxy tells. */
final class RecordedEvents implements ProxyEvents {

    final List<NegotiatedTls> handshakes = new CopyOnWriteArrayList<>();
    final List<String> failedHandshakes = new CopyOnWriteArrayList<>();
    final List<ExchangeSummary> exchanges = new CopyOnWriteArrayList<>();

    @Override
    public void handshakeCompleted(InetSocketAddress client, NegotiatedTls tls) {
        handshakes.add(tls);
    }

    @Override
    public void handshakeFailed(InetSocketAddress client, Optional<String> serverName, String reason) {
        failedHandshakes.add(reason);
    }

    @Override
    public void exchangeEnded(ExchangeSummary exchange) {
        exchanges.add(exchange);
    }
}
