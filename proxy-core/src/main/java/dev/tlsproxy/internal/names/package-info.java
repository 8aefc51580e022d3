/**
 * Host names and networks as every other room compares them: {@link dev.tlsproxy.internal.names.HostName} (normal form),
 * {@code PublicAddresses} (which addresses a public CA signs),
 * {@link dev.tlsproxy.internal.names.HostPattern} (exact, wildcard, default),
 * {@link dev.tlsproxy.internal.names.Cidr} (networks), {@link dev.tlsproxy.internal.names.Ipv6Text} (how an
 * address is written). The bottom room: depends on nothing.
 */
@NullMarked
package dev.tlsproxy.internal.names;

import org.jspecify.annotations.NullMarked;
