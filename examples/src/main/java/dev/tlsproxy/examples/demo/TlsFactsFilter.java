package dev.tlsproxy.examples.demo;

import dev.tlsproxy.spi.ExchangeFilter;
import dev.tlsproxy.spi.NegotiatedTls;

/**
 * Tells the upstream what the proxy saw of the client's connection. Each field replaces what the client may have sent
 * under its name, also where there is nothing to tell, so that nobody can forge one.
 */
public final class TlsFactsFilter implements ExchangeFilter {

    /** A filter without state. */
    public TlsFactsFilter() {}

    @Override
    public void request(Exchange exchange) {
        NegotiatedTls tls = exchange.tls();
        exchange.upstreamRequest().set(TlsFacts.PROTOCOL, tls.protocol());
        exchange.upstreamRequest().set(TlsFacts.GROUP, tls.group().orElse(TlsFacts.NONE));
        exchange.upstreamRequest().set(TlsFacts.ALPN, tls.applicationProtocol().orElse(TlsFacts.NONE));
    }
}
