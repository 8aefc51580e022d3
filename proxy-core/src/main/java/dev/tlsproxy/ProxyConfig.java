package dev.tlsproxy;

import dev.tlsproxy.spi.CertificateManager;
import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.spi.ExchangeFilter;
import dev.tlsproxy.spi.ProxyEvents;
import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a {@link TlsProxyBuilder} was told, checked and complete. Immutable. */
record ProxyConfig(
        List<Route> routes,
        Map<Upstream, List<X509Certificate>> upstreamTrust,
        Map<String, CertifiedKey> certificates,
        List<ExchangeFilter> filters,
        InetSocketAddress https,
        Optional<InetSocketAddress> http,
        Optional<Integer> publicHttpsPort,
        CertificateStore store,
        Optional<CertificateManager> acme,
        TlsPolicy tls,
        ForwardedPolicy forwarded,
        Timeouts timeouts,
        ProxyEvents events,
        Clock clock,
        int ioThreads) {}
