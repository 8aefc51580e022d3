/**
 * What a user touches.
 *
 * <p>Reading order: {@link dev.tlsproxy.TlsProxy}, {@link dev.tlsproxy.TlsProxyBuilder}; the values it takes:
 * {@link dev.tlsproxy.Route}, {@link dev.tlsproxy.Upstream}, {@link dev.tlsproxy.TlsPolicy},
 * {@link dev.tlsproxy.ForwardedPolicy}, {@link dev.tlsproxy.Timeouts}; what comes back:
 * {@link dev.tlsproxy.ProxyAddresses}, {@link dev.tlsproxy.ProxyStartException},
 * {@link dev.tlsproxy.ProxyNotReadyException}.
 */
@NullMarked
package dev.tlsproxy;

import org.jspecify.annotations.NullMarked;
