/**
 * From sockets to exchanges. Reading order: {@link dev.tlsproxy.internal.listen.HttpsListener}, {@code ListenConfig},
 * {@code AcceptedSockets} with {@link dev.tlsproxy.internal.listen.Door} and {@code ClientNetwork} and {@code HandshakePlaces} (limits),
 * {@code ProxyHeaderAttempt} with {@code ProxyHeader} and {@code ProxiedConnection} (a {@code WrappedConnection}),
 * {@code HandshakeAttempt} (ClientHello and timer), {@code HeldHandshakes}, {@code Farewell} (refusals),
 * {@code HandshakeTurns}, {@code ClientHandshake}, {@code PeekedConnection} with {@code ReplayingSourceConduit},
 * {@code LazySourceConduit}, {@code SparingSourceConduit}, {@code RecordBatchConduit} with {@code HeldBytes}, {@code ObservingSinkConduit} and {@code StagedClose},
 * {@code HttpHandOver} with {@code LargeHead}, {@code WatchedSourceConduit} and {@code Http1Activity}, {@code Http2Connection} with {@code FrameGate},
 * {@code HeadBlock}, {@code FrameBudget}, {@code LateFrames}, {@code GoAwayConduit} and {@code GatheringSinkConduit}, {@code HttpOptions}; then
 * {@link dev.tlsproxy.internal.listen.HttpListener},
 * {@code PlainHttpHandler}, {@code PlainTarget}.
 */
@NullMarked
package dev.tlsproxy.internal.listen;

import org.jspecify.annotations.NullMarked;
