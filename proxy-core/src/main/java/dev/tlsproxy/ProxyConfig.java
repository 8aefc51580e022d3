package dev.tlsproxy;

import dev.tlsproxy.internal.names.Cidr;
import dev.tlsproxy.spi.CertificateManager;
import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.ProxyEvents;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What a {@link TlsProxyBuilder} was told, checked and complete. Immutable: {@code serving} is what it begins with. */
record ProxyConfig(
        Serving serving,
        InetSocketAddress https,
        Optional<InetSocketAddress> http,
        Optional<Integer> publicHttpsPort,
        CertificateStore store,
        Optional<CertificateManager> acme,
        TlsPolicy tls,
        Timeouts timeouts,
        Limits limits,
        List<Cidr> proxyProtocol,
        ProxyEvents events,
        Clock clock,
        int ioThreads,
        Duration warmUp) {}
