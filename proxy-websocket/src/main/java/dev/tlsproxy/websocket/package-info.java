/**
 * WebSocket-aware tunnels (RFC 6455): who may open one, how many, for how long, and a clean close.
 *
 * <p>Reading order: {@link dev.tlsproxy.websocket.WebSockets} (the policy of a route) with
 * {@link dev.tlsproxy.websocket.AllowedOrigins}, {@link dev.tlsproxy.websocket.TunnelBudget} (limits of several routes
 * together), {@link dev.tlsproxy.websocket.WebSocketEvents} with {@link dev.tlsproxy.websocket.WebSocketSummary}, and
 * {@link dev.tlsproxy.websocket.WebSocketCounts}; {@code Settings} (a policy's values), {@code Handshake} (what is
 * checked before the upstream hears of a request) and {@code Slots} (the counting behind limits); then one tunnel:
 * {@code WebSocketTunnel}, {@code Flow} (one direction) with {@code FrameReader} and {@code Violation},
 * {@code Farewell} (how a tunnel ends) with {@code Leg}, {@code KeepAlive}, {@code DataClock} (idle time),
 * {@code Frames} and {@code CloseCode}; {@code Report} and {@code Tally} count.
 */
@NullMarked
package dev.tlsproxy.websocket;

import org.jspecify.annotations.NullMarked;
