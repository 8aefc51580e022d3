/**
 * What another module or a user implements, and the values that pass through it. Names only JDK types and its own.
 *
 * <p>Reading order: {@link dev.tlsproxy.spi.NegotiatedTls} (what a handshake agreed on),
 * {@link dev.tlsproxy.spi.ExchangeFilter} with {@link dev.tlsproxy.spi.HeaderFields}, {@link dev.tlsproxy.spi.UpgradeHandler} with
 * {@link dev.tlsproxy.spi.TunnelFilter} and {@link dev.tlsproxy.spi.Tunnel},
 * {@link dev.tlsproxy.spi.ProxyEvents} with {@link dev.tlsproxy.spi.ExchangeSummary}; then certificates:
 * {@link dev.tlsproxy.spi.CertifiedKey} ({@code KeyMatch}), {@link dev.tlsproxy.spi.CertificateStore} with {@code InMemoryCertificateStore}
 * and {@code DocumentPath}, {@link dev.tlsproxy.spi.CertificateManager}, {@link dev.tlsproxy.spi.CertificateSink},
 * {@link dev.tlsproxy.spi.CertificateStatus}, {@link dev.tlsproxy.spi.ChallengePort}.
 */
@NullMarked
package dev.tlsproxy.spi;

import org.jspecify.annotations.NullMarked;
