/**
 * The whole-proxy comparison. Reading order: {@code Compare} (the run), {@code Options}, {@code Contenders} with
 * {@code Nginx}, {@code HaProxy}, {@code Caddy} and {@code OurJar} ({@code Contender}s, started by {@code Launch} into a
 * {@code RunningProxy}), {@code Scene}, {@code Peers} and {@code JavaUpstream} (what is around them), {@code Proof},
 * {@code Rows} ({@code CpuRow}, {@code WebSocketRow}, {@code MemoryRow}, {@code StartRow}, {@code FirstConnectionsRow},
 * {@code StormRow}, {@code HostsRow}; each a {@code Row}, measured with a {@code Bench} of {@code Running} proxies into
 * {@code Figures}), {@code Load} by tools and {@code TlsClient} with {@code WebSocketBytes} by ourselves, then what reads others'
 * output: {@code ProcFiles}, {@code WrkReport}, {@code H2loadReport}; {@code Table} writes the result.
 */
@NullMarked
package dev.tlsproxy.benchmarks.compare;

import org.jspecify.annotations.NullMarked;
