/**
 * Two connections that were switched to another protocol, and the bytes between them; knows neither HTTP nor routes. In
 * reading order: {@link dev.tlsproxy.internal.tunnel.TwoWayTunnel}, {@code TunnelLeg} (what goes out to and comes from one
 * side), {@code TunnelTimers}, {@link dev.tlsproxy.internal.tunnel.SocketEnd} (whether TLS was cut off, and how a socket closes).
 */
@NullMarked
package dev.tlsproxy.internal.tunnel;

import org.jspecify.annotations.NullMarked;
