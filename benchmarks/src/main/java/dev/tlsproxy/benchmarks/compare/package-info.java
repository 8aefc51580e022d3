/**
 * The whole-proxy comparison. Reading order: {@code Compare} (the run), {@code Options}, {@code Contenders} with
 * {@code Nginx}, {@code HaProxy}, {@code Caddy} and {@code OurJar} ({@code Contender}s, started by {@code Launch} into a
 * {@code RunningProxy}), {@code Scene}, {@code Peers} and {@code JavaUpstream} (what is around them), {@code Proof},
 * {@code Rows} ({@code Row}s, measured with a {@code Bench} into {@code Figures}), {@code Load}, then what reads others'
 * output: {@code ProcFiles}, {@code WrkReport}, {@code H2loadReport}; {@code Table} writes the result.
 */
@NullMarked
package dev.tlsproxy.benchmarks.compare;

import org.jspecify.annotations.NullMarked;
