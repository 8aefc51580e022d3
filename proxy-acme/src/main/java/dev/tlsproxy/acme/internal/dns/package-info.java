/**
 * The little of DNS that dns-01 needs, on dnsjava's messages and plain sockets. Reading order:
 * {@link dev.tlsproxy.acme.internal.dns.ServerAddress}, {@link dev.tlsproxy.acme.internal.dns.DynamicZone} (what is
 * asked), {@code DnsClient} (how), {@link dev.tlsproxy.acme.internal.dns.TsigKey}.
 */
@NullMarked
package dev.tlsproxy.acme.internal.dns;

import org.jspecify.annotations.NullMarked;
