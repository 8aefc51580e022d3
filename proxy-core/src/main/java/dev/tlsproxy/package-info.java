/**
 * What a user touches.
 *
 * <p>Reading order: {@link dev.tlsproxy.TlsProxy}, {@link dev.tlsproxy.TlsProxyBuilder}; the values it takes:
 * {@link dev.tlsproxy.Route}, {@link dev.tlsproxy.Upstream}, {@link dev.tlsproxy.TlsPolicy},
 * {@link dev.tlsproxy.ForwardedPolicy}, {@link dev.tlsproxy.Timeouts}; what comes back:
 * {@link dev.tlsproxy.ProxyAddresses}, {@link dev.tlsproxy.ProxyStartException},
 * {@link dev.tlsproxy.ProxyNotReadyException}.
 *
 * <p>Below it, package-private: {@code ListenerAddresses} and {@code OwnCertificates} (parts of the builder),
 * {@code ProxyConfig} (what it makes), {@code RunningProxy} (a proxy that listens) with {@code Workers} (threads and
 * buffers), {@code RouteEntries} (routes for the pipeline), {@code ServedNames} (who gets which certificate),
 * {@code Deployments} with {@code CertificateStatuses}, {@code OnDemand} and {@code ManagerContext} (what certificate
 * managers see).
 */
@NullMarked
package dev.tlsproxy;

import org.jspecify.annotations.NullMarked;
