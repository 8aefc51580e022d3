/**
 * What a user touches.
 *
 * <p>Reading order: {@link dev.tlsproxy.TlsProxy}, {@link dev.tlsproxy.TlsProxyBuilder}, {@link dev.tlsproxy.ProxyUpdate}; the values they take:
 * {@link dev.tlsproxy.Route} with {@link dev.tlsproxy.Balance} and {@link dev.tlsproxy.HealthCheck},
 * {@link dev.tlsproxy.Upstream} with {@link dev.tlsproxy.ProxyProtocol}, {@link dev.tlsproxy.TlsPolicy}, {@link dev.tlsproxy.ForwardedPolicy},
 * {@link dev.tlsproxy.Timeouts}, {@link dev.tlsproxy.Limits}; what comes back:
 * {@link dev.tlsproxy.ProxyAddresses}, {@link dev.tlsproxy.UpdateReport}, {@link dev.tlsproxy.CloseReport},
 * {@link dev.tlsproxy.ProxyStartException}, {@link dev.tlsproxy.ProxyNotReadyException}.
 *
 * <p>Below it, package-private: {@code ServingDraft} with {@code OwnCertificates} (what builder and update share) and
 * {@code ListenerAddresses}, {@code ProxyConfig} and {@code Serving} (what they make); {@code RunningProxy} (a proxy that
 * listens, and its end), {@code Rooms} with {@code Opened} and {@code Workers} (threads and buffers; how it is opened), {@code WarmUp} with
 * {@code WarmUpProxy} and {@code WarmUpUpstream} (what the JVM is made to compile before clients pay for it),
 * {@code LiveUpdate} (how it changes) and {@code Live} (what it serves at one time) with {@code RouteEntries} (routes for
 * the pipeline) and {@code ServedNames} (who gets which certificate); {@code CertificateManagers},
 * {@code Deployments} with {@code CertificateStatuses}, {@code OnDemand} and {@code ManagerContext} (what certificate
 * managers see).
 */
@NullMarked
package dev.tlsproxy;

import org.jspecify.annotations.NullMarked;
