/**
 * The upstream side of an exchange: choice, pool, connection. In reading order:
 *
 * <ol>
 *   <li>{@link UpstreamCall}, {@link ClientAddresses}, {@link UpstreamGroup}, {@link UpstreamAddress}, {@link UpstreamFailure}:
 *       what an exchange asks for and what it may be told.
 *   <li>{@link UpstreamPool} with {@link UpstreamPoolConfig} and {@link UpstreamResolver}: the way in.
 *   <li>{@link UpstreamAttempt}: the way of one exchange to a connection, over {@link UpstreamRotation} with
 *       {@link Choice} and {@link Rendezvous} (which upstreams, in which order), {@link UpstreamState} (limit and queue of
 *       one upstream), {@link UpstreamHealth} with {@link HealthReport} (whether it is up). What it finds is a
 *       {@link Carrier}: of {@link IdleConnections} a {@link PooledConnection} (HTTP/1.1), of {@link SharedConnections} a
 *       stream of a {@link SharedConnection} (HTTP/2); {@link FaultLog}.
 *   <li>{@link HealthChecks} with {@link CheckConfig}: {@link UpstreamCheck} over {@link CheckCount} and
 *       {@link CheckProbe} with {@link CheckResponse} and {@link CheckOverHttp2}.
 *   <li>{@link UpstreamConnector}: a new connection; {@link ConnectTry}, {@link InetAddresses}, {@link ProxyHeaderVersion},
 *       {@link TlsConnect}, {@link TruncationGuard}.
 *   <li>{@link UpstreamConnection}: a connection lent to one exchange, over {@link ForwardingClientConnection},
 *       {@link RequestHead}, {@link ResponseTimer} with {@link ResponseTimers}, {@link UpstreamExchange},
 *       {@link Timers}.
 *   <li>The bodies: {@link RequestChannel}, {@link ResponseChannel}, {@link FlushWhenDry}, {@link YieldingSource}.
 * </ol>
 */
@NullMarked
package dev.tlsproxy.internal.upstream;

import org.jspecify.annotations.NullMarked;
